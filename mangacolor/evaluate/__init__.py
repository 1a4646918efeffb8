"""Scores: of colours, of the separator, of the finish, of telling kinds of pages apart."""

from mangacolor.evaluate.orders import Order, Report
from mangacolor.evaluate.tasks import TASKS, check, score, those

__all__ = ["TASKS", "Order", "Report", "check", "score", "those"]
