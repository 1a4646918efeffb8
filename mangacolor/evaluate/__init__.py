"""Scores: of colours, of the separator, of the finish, of telling kinds of pages apart."""

from mangacolor.evaluate.tasks import TASKS, Report, score, score_look_set, score_strokes

__all__ = ["TASKS", "Report", "score", "score_look_set", "score_strokes"]
