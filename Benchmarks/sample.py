"""Trees of text files that look like a person's notes; the same seed gives the same bytes."""

import math
import os
import random

FILES_A_DIRECTORY = 100
MEAN_BYTES = 3_320
SPREAD = 0.8
CORPUS_WORDS = 600_000
SYLLABLES = "ba de fi go lu me na or pa ri se ti un va wo ek al in sta tro ver ke mi no ra".split()


class Sample:
    """A source of files: prose of made-up words, as frequent and as long as real ones."""

    def __init__(self, seed):
        self.seed = seed
        chance = random.Random(seed)
        words = {"".join(chance.choices(SYLLABLES, k=chance.choice((1, 1, 2, 2, 3, 4))))
                 for _ in range(6_000)}  # fmt: skip
        words = sorted(words)
        chance.shuffle(words)
        weights = [1 / (rank + 3) for rank in range(len(words))]
        self._corpus = self._prose(chance, chance.choices(words, weights, k=CORPUS_WORDS))

    @staticmethod
    def _prose(chance, words):
        """Words as Markdown: sentences, paragraphs, lists, headings."""
        text, at = [], 0
        while at < len(words):
            length = chance.randint(4, 18)
            sentence = " ".join(words[at : at + length]).capitalize()
            at += length
            before = chance.choices(("", "\n\n", "\n- ", "\n\n## "), (70, 18, 10, 2))[0]
            text.append(f"{before}{sentence}{'' if '#' in before else '. '}")
        return "".join(text).encode()

    def content(self, number, version=0, size=None):
        """The bytes of a file; another version of it differs from the first line on."""
        chance = random.Random(f"{self.seed} {number} {version}")
        if size is None:
            drawn = chance.lognormvariate(math.log(MEAN_BYTES) - SPREAD**2 / 2, SPREAD)
            size = max(80, min(int(drawn), 100_000))
        head = f"# Note {number}.{version}\n\n".encode()
        start = chance.randrange(len(self._corpus) - size)
        return head + self._corpus[start : start + size - len(head)]

    @staticmethod
    def path(number):
        """Where a file stands: a hundred files in a directory, a hundred directories in one."""
        directory = number // FILES_A_DIRECTORY
        return f"{directory // 100:03d}/{directory % 100:02d}/note-{number:07d}.md"

    def write(self, top, count, size=None):
        """Writes a tree of `count` files below `top`; gives its bytes."""
        total = 0
        for number in range(count):
            path = f"{top}/{self.path(number)}"
            if number % FILES_A_DIRECTORY == 0:
                os.makedirs(os.path.dirname(path), exist_ok=True)
            content = self.content(number, size=size)
            total += len(content)
            with open(path, "wb", buffering=0) as file:
                file.write(content)
        return total

    @staticmethod
    def directories(count):
        """How many directories a tree of `count` files has, the top included."""
        leaves = -(-count // FILES_A_DIRECTORY)
        return 1 + leaves + -(-leaves // 100)
