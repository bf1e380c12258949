"""Two lists of invented papers in the styles that awesome lists have, made to a given number of papers."""

# ruff: noqa: E501

from __future__ import annotations

WORDS = {
    "Song": [
        "chorus",
        "whistle",
        "microphone",
        "melody",
        "dawn",
        "trill",
        "recorder",
        "syllable",
        "loudness",
    ],
    "Sight": [
        "plumage",
        "camera",
        "binocular",
        "feather",
        "photograph",
        "colour",
        "lens",
        "silhouette",
        "daylight",
    ],
    "Nests": ["nest", "twig", "egg", "brood", "clutch", "cavity", "hatching", "cradle", "fledgling"],
    "Routes": [
        "flyway",
        "tracker",
        "wintering",
        "satellite",
        "passage",
        "stopover",
        "compass",
        "migrant",
        "headwind",
    ],
}
PLACES = ["Oslo", "Lima", "Turin", "Accra", "Kyoto", "Perth", "Quito", "Delhi", "Porto"]


def title(topic: str, number: int) -> str:
    """One of nine titles of a topic; no two are near-equal."""
    one, two, three = (WORDS[topic][(number + step) % 9] for step in (0, 2, 5))
    return f"{one.capitalize()} and {two} of birds in {PLACES[number % 9]}: the {three} ledger"


def dated_list(song: int = 4, sight: int = 3, nests: int = 3) -> str:
    """Dated bullets under three levels, a commented title, badges, news, and a citation in a code block."""
    rows = {"Song": song, "Sight": sight, "Nests": nests}
    bullets = {
        topic: "\n".join(
            f"- [20{25 - n:02}/0{1 + n % 9}] {title(topic, n)}. [[paper](https://arxiv.org/abs/2{5 - n // 10}0{1 + n % 9}."
            f"{1000 * list(rows).index(topic) + n:05})]"
            for n in range(count)
        )
        for topic, count in rows.items()
    }
    return f"""<!-- # Birds in Cities -->

<h1 align="center"><strong>Birds in Cities: A Survey</strong></h1>

<div align="center">

[![arXiv](https://img.shields.io/badge/arXiv-2512.99999-b31b1b.svg)](https://arxiv.org/abs/2512.99999)

</div>

## 📢 News
- [2026/01/13] We have updated it. See [Birds in Cities: A Survey](https://arxiv.org/abs/2512.99999) for more!
- [2026/01/02] 🎉 A thousand stars!

## 👋 Introduction

Birds are counted in many ways. This list orders the ways.

## 📚 Paper list

### Counting

#### By song
{bullets["Song"]}

#### By sight

{bullets["Sight"]}

### Homes

#### Nests
{bullets["Nests"]}
- [2024/05] {title("Song", 0)}. [[paper](https://arxiv.org/abs/2501.00000)]

## 📖 Citation

```bibtex
@article{{birds, title={{Birds}}}}
```
"""


VENUE_LIST = f"""# Awesome City Birds

<a href="https://awesome.re"><img src="https://awesome.re/badge.svg"/></a>
<a href="https://arxiv.org/abs/2512.99998" target="_blank"><img src="https://img.shields.io/badge/Paper-red"></a>

A list of papers on "[**City Birds: A Survey of the Counts of a Century**](https://arxiv.org/abs/2512.99998)".

# 🎉 News
- **[2026-05-17]** Our **[BirdNet](https://github.com/x/birdnet)** is out.

## Table of Content
- [Research Papers](#research-papers)
    - [Counting](#counting)

# 📜 Research Papers
## Counting
### By song (3)
- (ICLR 2026) **{title("Song", 0)}**  [[Paper]](https://arxiv.org/abs/2510.10001)
- (arXiv 2025) **{title("Song", 1)}** [[Paper]](https://arxiv.org/abs/2509.10002)
- (KDD 2024) **{title("Song", 2)}** [[Paper]](https://birds.github.io/)
### By sight
- (ACL 2024 Findings) **{title("Sight", 0)}** [[Paper]](https://aclanthology.org/2024.findings-acl.1.pdf)
- (AAAI 2024) **Feather and photograph of city birds in two
lines** [[Paper]](https://doi.org/10.1609/aaai.v38i17.1)
- (arXiv 2023) **{title("Song", 1)}** [[Paper]](https://arxiv.org/abs/2509.10002)

#### 2019
- (ICRA 2019) **{title("Sight", 4)}** [[Paper]](https://arxiv.org/abs/1901.00004)

## Travel
- (arXiv 2022) **{title("Routes", 0)}** [[Paper]](https://arxiv.org/abs/2201.00001)
### Routes
- (arXiv 2022) **{title("Routes", 1)}** [[Paper]](https://arxiv.org/abs/2201.00002)
- (arXiv 2022) **{title("Routes", 2)}** [[Paper]](https://arxiv.org/abs/2201.00003)
### Others
- (arXiv 2022) **{title("Routes", 3)}** [[Paper]](https://arxiv.org/abs/2201.00004)

# 📚 Related Survey Papers
- (arXiv 2025) **City birds: a survey of surveys of birds** [[Paper]](https://arxiv.org/abs/2501.00309)

We also recommend:
- [Awesome-Birds](https://github.com/y/birds) by [Ann](https://ann.github.io/).

# 🏆 Benchmarks
| Dataset | Task | Paper | Repo |
| --- | --- | --- | --- |
| BirdBench for song | Song | [[arXiv 2025]](https://arxiv.org/abs/2506.05690) | [[Github]](https://github.com/z/z) |
| NestBench for nests | Nests | [[ACL 2022]](https://aclanthology.org/2022.acl-long.422/) | [[Github]](https://github.com/z/y) |

# 💻 Open-source Project
- [![GitHub](https://img.shields.io/badge/GitHub-100000)](https://github.com/q/q) Chirp: software that listens.

# 🍀 Citation
```
@article{{zhang, title={{Birds}}}}
```
"""
