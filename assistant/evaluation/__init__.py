"""Scripted question-and-answer runs that decide whether to ship: cases, measures, runs, the gate and reports."""
