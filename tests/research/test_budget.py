from chat_app.research.budget import Usage


def test_usage_adds_up() -> None:
    first = Usage(usd=0.1, input_tokens=10, output_tokens=2, searches=1)
    second = Usage(usd=0.2, input_tokens=5, output_tokens=3)
    assert first + second == Usage(usd=0.3, input_tokens=15, output_tokens=5, searches=1)


def test_an_unknown_price_makes_the_sum_unknown() -> None:
    known, unknown = Usage(usd=0.5, input_tokens=1), Usage(usd=None, input_tokens=2)
    assert (known + unknown).usd is None
    assert (unknown + known + known) == Usage(usd=None, input_tokens=4)


def test_a_free_request_costs_nothing_rather_than_something_unknown() -> None:
    assert (Usage() + Usage()).usd == 0.0
