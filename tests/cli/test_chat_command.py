from collections.abc import Iterator


def test_a_conversation_is_followed_and_its_sources_can_be_asked_for(run) -> None:
    result = run("chat", input="What is LoRA?\nAnd what does it cost?\n/sources\n/quit\nnever asked\n")
    assert result.exit_code == 0
    cost = result.stdout.split("\n\n")
    assert "$50–$500" in result.stdout
    assert "[1] notes on “" in cost[-2]
    assert ": “" in cost[-2]
    assert ": “" not in cost[1]
    assert result.stderr.count("notes on the essays") == 1


def test_new_forgets_the_conversation(run) -> None:
    asked = "What is LoRA?\n{}And what does it cost?\n/sources\n"
    assert "LoRA" in run("chat", input=asked.format("")).stdout.rpartition("\n\n[1]")[2]
    assert run("chat", input="hello\n/new\n/sources\n").stderr.endswith(
        "There are no sources yet: ask something first.\n"
    )


def test_a_failed_question_does_not_end_the_chat(run) -> None:
    result = run("chat", input=f"{'x' * 5000}\n/nonsense\n/help\nhello\n")
    assert result.exit_code == 0
    assert "Error: The question is longer" in result.stderr
    assert "There is no /nonsense." in result.stderr
    assert "/sources" in result.stdout
    assert "Hello!" in result.stdout


def test_what_was_left_out_is_said_of_each_answer(run, model_server) -> None:
    def half_true(sentences: list[str]) -> Iterator[str]:
        yield f"{sentences[0].partition('] ')[2]} [1] Turtles pilot nuclear submarines nightly. [1]"

    model_server.answer = half_true
    asked = "How much does prompt caching save?\nWhat does a LoRA training run cost?\n"
    result = run("chat", input=asked)
    assert result.output.count("1 sentence of the model was not borne out and left out.") == 2
