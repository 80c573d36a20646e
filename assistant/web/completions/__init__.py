"""The face that speaks OpenAI's protocol."""
