"""Two processes that fill the same empty database with the demo world."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.processes.product import Product

pytestmark = pytest.mark.processes


def test_of_two_that_start_at_once_one_fills_it(product: Product) -> None:
    with ThreadPoolExecutor(2) as both:
        done = list(both.map(lambda _number: product.run("demo"), range(2)))
    assert [each.returncode for each in done] == [0, 0], [each.stderr for each in done]
    assert all("/sign-in/link?token=" in each.stdout for each in done)
    assert sum("only added to an empty one" in each.stdout for each in done) == 1
