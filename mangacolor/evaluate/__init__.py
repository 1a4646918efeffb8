"""Scores: of colours, of the separator, of the finish, of telling kinds of pages apart."""

from mangacolor.evaluate.tasks import TASKS, Order, Report, check, score

__all__ = ["TASKS", "Order", "Report", "check", "score"]
