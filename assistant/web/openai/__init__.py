"""The face that speaks OpenAI's chat completions."""
