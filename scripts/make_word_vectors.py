# ruff: noqa: INP001 - a program, like its neighbours
"""Make chat_app/search/library/words/english.bin: what English words mean, as small vectors. docs/decisions/0013 says why and how well.

    python scripts/make_word_vectors.py MODEL INDEX OUT

MODEL is a folder with all-MiniLM-L6-v2 (Apache-2.0: config.json, model.safetensors, tokenizer.json, vocab.txt). INDEX is the
`library.sqlite` of a library over English documents, none of which the benchmarks ask about. It needs packages that Research Chat
does not: torch 2.13, transformers, tokenizers, numpy. Takes 5 minutes on two cores.
"""

import itertools
import random
import re
import sqlite3
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from transformers import AutoModel

TRAINED_DIMENSIONS = 256
KEPT_DIMENSIONS = 64
EPOCHS = 2
BATCH = 1024
LEARNING_RATE = 1e-2
TEMPERATURE = 0.05
CLS, SEP = 101, 102
SENTENCE_END = re.compile(r"(?<=[.!?:])\s+|\n+")


def alone(model: Path, count: int) -> np.ndarray:
    """What the model makes of each token by itself."""
    network = AutoModel.from_pretrained(model).eval()
    found = []
    with torch.inference_mode():
        for tokens in torch.arange(count).split(512):
            framed = torch.stack([torch.full_like(tokens, CLS), tokens, torch.full_like(tokens, SEP)], 1)
            states = network(input_ids=framed, attention_mask=torch.ones_like(framed)).last_hidden_state
            found.append(states.mean(1).numpy())
    return np.concatenate(found)


def beginning(vectors: np.ndarray) -> np.ndarray:
    """Their main directions; a vocabulary in order of frequency tells which words are too common to mean much."""
    centred = vectors - vectors.mean(0)
    directions = np.linalg.svd(centred, full_matrices=False)[2]
    shares = 1 / np.arange(2, len(vectors) + 2)
    shares /= shares.sum()
    weighted = centred @ directions[:TRAINED_DIMENSIONS].T * (1e-4 / (1e-4 + shares))[:, None]
    return weighted / (np.abs(weighted).mean() * 10)


def pairs(index: Path) -> list[tuple[str, str]]:
    """Texts that are about the same: a heading and what stands below it, a sentence and the rest, a beginning and what follows."""
    rows = sqlite3.connect(index).execute(
        "SELECT title, heading, body FROM passages WHERE NOT is_listing AND length(body) > 120"
    )
    found: list[tuple[str, str]] = []
    for title, heading, body in rows.fetchall():
        last = (heading or title).split(" > ")[-1]
        sentences = [each for each in SENTENCE_END.split(body) if each.strip()]
        if len(last) > 5:
            found.append((last + (f" {title}" if random.random() < 0.3 else ""), body))
        if len(sentences) > 2:
            at = random.randrange(len(sentences))
            rest = " ".join(sentences[:at] + sentences[at + 1 :])
            if len(sentences[at]) > 25:
                found.append((sentences[at], f"{title} {heading}\n{rest}" if random.random() < 0.5 else rest))
        if len(sentences) > 4:
            found.append((" ".join(sentences[:2]), " ".join(sentences[2:])))
    random.shuffle(found)
    return found


def trained(vectors: np.ndarray, texts: list[tuple[str, str]], tokenizer: Tokenizer) -> np.ndarray:
    """Each text of a pair, as the sum of its words, must be nearer to the other than to those of all other pairs of its batch."""
    sides = [
        [
            each.ids[:256]
            for each in tokenizer.encode_batch([pair[side][:length] for pair in texts], add_special_tokens=False)
        ]
        for side, length in ((0, 300), (1, 1800))
    ]
    usable = [number for number in range(len(texts)) if sides[0][number] and sides[1][number]]
    bag = torch.nn.EmbeddingBag(*vectors.shape, mode="sum", _weight=torch.tensor(vectors, dtype=torch.float32))
    optimizer = torch.optim.Adam(bag.parameters(), lr=LEARNING_RATE)

    def summed(texts: list[list[int]]) -> torch.Tensor:
        offsets = torch.tensor([0, *itertools.accumulate(map(len, texts))][:-1])
        return torch.nn.functional.normalize(
            bag(torch.tensor([token for text in texts for token in text]), offsets), dim=-1
        )

    steps = EPOCHS * len(usable) // BATCH
    for step in range(steps):
        if step % (len(usable) // BATCH) == 0:
            random.shuffle(usable)
        chosen = [usable[(step * BATCH + number) % len(usable)] for number in range(BATCH)]
        alike = summed([sides[0][i] for i in chosen]) @ summed([sides[1][i] for i in chosen]).T / TEMPERATURE
        right = torch.arange(BATCH)
        loss = torch.nn.functional.cross_entropy(alike, right) + torch.nn.functional.cross_entropy(alike.T, right)
        optimizer.zero_grad()
        loss.backward()
        for group in optimizer.param_groups:
            group["lr"] = LEARNING_RATE * (1 - step / steps)
        optimizer.step()
    return bag.weight.detach().numpy()


def packed(vectors: np.ndarray, words: list[str]) -> bytes:
    """The format that chat_app/search/library/likeness.py reads: a byte a dimension, and a byte that says how long the row is."""
    directions = np.linalg.eigh(vectors.T @ vectors)[1]
    small = vectors @ directions[:, -KEPT_DIMENSIONS:]
    kept = [number for number, word in enumerate(words) if len(word) == 1 or not word.startswith("[")]
    small = small[kept]
    longest = np.abs(small).max(1)
    # So that one long row does not leave the others a few steps only.
    scales = np.clip(np.round(longest / np.quantile(longest, 0.999) * 255), 1, 255)
    rows = np.clip(np.round(small / (scales * np.quantile(longest, 0.999) / 255)[:, None] * 127), -127, 127) + 128
    content = scales.astype("u1").tobytes() + rows.astype("u1").tobytes() + "\n".join(words[i] for i in kept).encode()
    return struct.pack("<6sIII", b"words1", len(kept), KEPT_DIMENSIONS, zlib.crc32(content)) + content


def main() -> None:
    random.seed(0)
    torch.manual_seed(0)
    model, index, out = map(Path, sys.argv[1:4])
    words = (model / "vocab.txt").read_text("utf-8").splitlines()
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    vectors = trained(beginning(alone(model, len(words))), pairs(index), tokenizer)
    out.write_bytes(packed(vectors, words))


if __name__ == "__main__":
    main()
