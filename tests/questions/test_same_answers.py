"""The embedded store, Elasticsearch 8.19 and 9.2 and the plain oracle give the same answers, or refuse the same questions."""

import random

import pytest

from tests.questions.questions import FILTERS, Asked, comparisons, composed, each_metric, matrix, times
from tests.questions.world import World

MATRIX = matrix()
EACH, TIMES, COMPARED = list(each_metric()), list(times()), list(comparisons())
PARTS = 4


def agree(world: World, asked: list[Asked], in_turns: bool = False) -> None:
    wrong = world.differences(asked, in_turns)
    assert not wrong, f"{len(wrong)} answers to {len(asked)} questions differ:\n" + "\n".join(wrong[:10])


@pytest.mark.parametrize("dimensions", MATRIX)
def test_all_say_the_same_with_filters_of_every_kind_by(world: World, dimensions: str) -> None:
    agree(world, MATRIX[dimensions], in_turns=len(MATRIX[dimensions]) < len(FILTERS))


@pytest.mark.parametrize("part", range(PARTS))
def test_all_say_the_same_of_every_metric_alone_by_every_dimension(world: World, part: int) -> None:
    agree(world, EACH[part::PARTS], in_turns=True)


@pytest.mark.parametrize("part", range(PARTS))
def test_all_say_the_same_of_the_parts_of_every_range_in_every_zone(world: World, part: int) -> None:
    agree(world, TIMES[part::PARTS], in_turns=True)


@pytest.mark.parametrize("part", range(2))
def test_all_say_the_same_of_what_was_before(world: World, part: int) -> None:
    agree(world, COMPARED[part::2], in_turns=True)


@pytest.mark.parametrize("seed", range(PARTS))
def test_all_say_the_same_of_questions_that_were_made_up(world: World, seed: int) -> None:
    dice = random.Random(seed)
    agree(world, [composed(dice) for _ in range(50)])
