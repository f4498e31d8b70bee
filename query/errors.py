"""What a question can end in, besides an answer and StoreAway.

BadQuestion
└── TooMuch   it is a good question, and would take more than the stated ceiling
"""


class BadQuestion(ValueError):
    """`sentence` says what is wrong and what is possible, to a person; `place` where: "filters.0.1", "metrics.2", ""."""

    def __init__(self, sentence: str, place: str = ""):
        super().__init__(sentence)
        self.sentence = sentence
        self.place = place


class TooMuch(BadQuestion):
    """A ceiling was met; the sentence states it, and what to ask instead."""
