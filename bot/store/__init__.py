"""The database of questions: claims, answers and feedback."""
