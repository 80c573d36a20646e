"""The essays' decision framework as rules and data: what to try next, and what each reason rests on."""
