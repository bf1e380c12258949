"""Mathematics in quotes is found however it is written, and made-up mathematics is not."""

import time

import pytest

from classifier.model.document import Document, Page
from classifier.model.label import Verdict
from classifier.model.reply import Quote
from classifier.text.mathematics import MAX_LATEX, mathematics_key, without_latex
from classifier.verdict.evidence import check_quotes

PAGE = """\
Robots That Water Plants
We train the policy πθ with a discount γ = 0.99 and maximise the expected return J(θ)
over all episodes, where the language model writes the reward r(s, a) ∈ [0, 1] as code.
The ε-greedy robot explores with probability ε ≤ 0.1, and finishes 81 % of 1,000 episodes,
i.e. O(n2) fewer steps than the “naïve” one–shot baseline — a 3× gain at 10−3 loss.
The penalty of −5 points is paid at each step t ≥ 2 if xt ≠ yt, and the weights W ∈ Rd×k are ∼10 MB.
We sample y1, . . . , yK from the Gaussian N(µ, σ2) and clip the ratio ˆrt to 1 ± 0.2 for A > 0.
The loss L(φ) = λ1 ∥w∥2 + λ2 α/β falls as t → ∞, and KL(π ∥ πref) stays below δ. [3]
"""


def shown(text: str) -> Document:
    return Document(pages=(Page(number=1, text=text),))


DOCUMENT = shown(PAGE)


def verdict(quote: str, document: Document = DOCUMENT) -> Verdict:
    (evidence,) = check_quotes([Quote(quote=quote, supports="label")], document)
    return evidence.verdict


@pytest.mark.parametrize(
    "quote",
    [
        r"We train the policy $\pi_\theta$ with a discount $\gamma = 0.99$ and",
        r"We train the policy \(\pi_{\theta}\) with a discount \(\gamma=0.99\)",
        r"We train the policy \\pi_\\theta with a discount \\gamma = 0.99",
        "We train the policy $\\pi_\theta$ with a discount $\\gamma = 0.99$",
        "We train the policy pi_theta with a discount gamma = 0.99",
        "We train the policy π_θ with a discount γ=0.99",
        "We train the policy π<sub>θ</sub> with a discount γ = 0.99",
        r"the reward $r(s, a) \in [0, 1]$ as code",
        r"the reward $r(s,a)\in[0,1]$ as \emph{code}",
        r"The $\epsilon$-greedy robot explores with probability $\epsilon \leq 0.1$, and finishes 81\%",
        r"The $\varepsilon$-greedy robot explores with probability $\varepsilon \le 0.1$",
        "The epsilon-greedy robot explores with probability epsilon <= 0.1",
        r"\(O(n^2)\) fewer steps than the \"naive\" one-shot baseline",
        "O(n²) fewer steps than the naïve one-shot baseline",
        r"a $3\times$ gain at $10^{-3}$ loss",
        r"baseline --- a 3x gain at 10^-3 loss",
        "a 3× gain at 10⁻³ loss",
        r"The penalty of $-5$ points is paid at each step $t \geq 2$ if $x_t \neq y_t$",
        "The penalty of -5 points is paid at each step t >= 2 if x_t != y_t",
        r"the weights $W \in \mathbb{R}^{d \times k}$ are $\sim$10 MB",
        r"We sample $y_1, \ldots, y_K$ from the Gaussian $\mathcal{N}(\mu, \sigma^2)$",
        r"clip the ratio $\hat{r}_t$ to $1 \pm 0.2$ for $A > 0$",
        r"The loss $\mathcal{L}(\phi) = \lambda_1 \|w\|_2 + \lambda_2 \frac{\alpha}{\beta}$ falls as",
        r"falls as $t \rightarrow \infty$, and",
        r"and $\mathrm{KL}(\pi \,\|\, \pi_{\text{ref}})$ stays below $\delta$",
        r"\textsc{KL}$\left(\pi \| \pi_{\mathrm{ref}}\right)$ stays below $\boldsymbol{\delta}$~\cite{hand}",
    ],
)
def test_mathematics_is_found_however_it_is_written(quote: str) -> None:
    assert verdict(quote) in ("verbatim", "near")


@pytest.mark.parametrize(
    "quote",
    [
        r"We train the policy $\pi_\phi$ with a discount $\gamma = 0.99$",
        r"We train the policy $\pi_\theta$ with a discount $\gamma = 0.9$",
        r"We train the policy $\pi_\theta$ with a discount $\lambda = 0.99$",
        r"We train the policy $\pi_\theta$ with a discount $\gamma \leq 0.99$",
        "We train the policy pi_theta with a discount beta = 0.99",
        r"the reward $r(s, a) \notin [0, 1]$ as code",
        r"the reward $r(s, a) \in [0, 2]$ as code",
        r"the reward $r(s, a) \in [-1, 1]$ as code",
        r"The $\epsilon$-greedy robot explores with probability $\epsilon \geq 0.1$",
        "The ε-greedy robot explores with probability ε ≥ 0.1",
        "The ε-greedy robot explores with probability ε = 0.1",
        r"\(O(n^3)\) fewer steps than the naive one-shot baseline",
        r"a $3\times$ gain at $10^{3}$ loss",
        r"a $3\times$ gain at $10^{-4}$ loss",
        "a 3× gain at 103 loss",
        "The penalty of 5 points is paid at each step",
        "The penalty of $5$ points is paid at each step",
        r"is paid at each step $t \geq 2$ if $x_t = y_t$",
        r"clip the ratio $\hat{r}_t$ to $1 + 0.2$ for $A > 0$",
        r"clip the ratio $\hat{r}_t$ to $1 \pm 0.2$ for $A < 0$",
        r"falls as $t \to 0$, and",
        r"$\gamma$",
        r"$\pi_\theta$ with",
        r"The loss $L(\phi) = \lambda_1 \|w\|_2 - \lambda_2 \alpha/\beta$ falls",
    ],
)
def test_made_up_mathematics_is_absent(quote: str) -> None:
    assert verdict(quote) == "absent"


def test_a_stroke_that_a_page_sets_before_the_sign_counts() -> None:
    page = Document(
        pages=(Page(number=1, text="It is paid at each step if xt \u0338= yt holds for all plants."),)
    )
    assert verdict(r"paid at each step if $x_t \neq y_t$ holds", page) == "near"
    assert verdict(r"paid at each step if $x_t = y_t$ holds", page) == "absent"


def test_a_text_that_holds_latex_itself_is_found_by_what_it_says() -> None:
    page = Document(
        pages=(Page(number=1, text=r"We train the policy $\pi_\theta$ with a discount of $\gamma$."),)
    )
    assert verdict(r"the policy $\pi_\theta$ with a discount of $\gamma$", page) == "verbatim"
    assert verdict("the policy πθ with a discount of γ", page) == "near"


@pytest.mark.parametrize(
    ("quote", "page", "found"),
    [
        ("pages 10-13 of the report", "see pages 10–13 of the report", True),
        ("the GPT-4 model plays chess", "the GPT-\n4 model plays chess", True),
        ("the GPT 4 model plays chess", "the GPT-4 model plays chess", True),
        ("a 7-joint robot that waters", "a 7-\njoint robot that waters", True),
        ("it fell by -3 points in all", "it fell by 3 points in all", False),
        ("it fell by 3 points in all", "it fell by \u22123 points in all", False),
        ("a robot - 3 plants - and a hose", "a robot — 3 plants — and a hose", True),
    ],
)
def test_a_minus_counts_and_a_hyphen_does_not(quote: str, page: str, found: bool) -> None:
    document = shown(page)
    assert (verdict(quote, document) != "absent") is found


@pytest.mark.parametrize(
    "text",
    [
        "{" * MAX_LATEX,
        "$" * MAX_LATEX,
        "$x^{" * (MAX_LATEX // 4),
        r"\frac" * (MAX_LATEX // 5),
        r"\sqrt{" * (MAX_LATEX // 6),
        r"\begin{a}" * (MAX_LATEX // 9),
        r"\[" * (MAX_LATEX // 2),
        r"\(" * (MAX_LATEX // 2),
        r"\'" * (MAX_LATEX // 2),
        r"\left(" * (MAX_LATEX // 6),
        r"\def\a{\a\a}\a",
        r"\newcommand{\x}{\x\x} \x",
        r"\input{/etc/passwd} and three words more",
        "\\",
        "$\\",
        "\\verb|",
        "\t\x08\x0c$\r\n",
    ],
)
def test_hostile_latex_gives_a_text_and_a_verdict(text: str) -> None:
    started = time.process_time()
    assert "root:" not in without_latex(text)
    assert verdict(text) == "absent"
    assert time.process_time() - started < 20  # seconds; it takes a fraction of one


def test_a_key_leads_back_to_the_page() -> None:
    key = mathematics_key("a γt−1 = 0.9")
    assert key.text == "agammat-1=0.9"
    start = key.text.index("gamma")
    assert key.source_span(start, start + 6) == (2, 4)


OTHER = shown(
    """Robots That Water Plants in Greenhouses, by Gödel and Erdős and Ångström and François and Hoèng
Let x ∈ Rd be a state and xt the state at time t, with ∥x∥2 ≤ 1 and n × m weights, so that f : X → Y holds.
The learning rate is 3 × 10−4 and the batch has 64 episodes; accuracy rises by 81% of R&D cost, see Fig. 3.
We set β = 0.1, Θ = 12 and ∑i=1 wi = 1, so √n bounds hold: α/2 ≤ ½ of all ∀ s ∈ S.
The model ‘GPT-4’ — which we call “the teacher” – writes rewards for 10–20 tasks.
The loss is −log σ(r) and drops from 12.5 to −3.2 as t > 0 and p < 0.05 for A ≥ B.
We minimise −KL(p, q) here, x − y is the difference of both sides, and (-7 degrees at night) is cold.
"""
)


@pytest.mark.parametrize(
    "quote",
    [
        r"Let $x \in \mathbb{R}^d$ be a state and $x_t$ the state at time $t$",
        r"\mathbf{x} \in \mathbb{R}^d be a state",
        "Let x ∈ ℝᵈ be a state and xₜ the state",
        r"at time $t$, with $\|x\|_2 \le 1$ and $n \times m$ weights",
        r"at time $t$, with $\lVert x \rVert_2 \leq 1$ and",
        r"weights, so that $f \colon X \to Y$ holds",
        r"so that $f: \mathcal{X} \rightarrow \mathcal{Y}$ holds",
        r"The learning rate is $3 \times 10^{-4}$ and the \textbf{batch} has 64~episodes",
        "The learning rate is 3 x 10^-4 and the batch",
        "The learning rate is 3 × 10⁻⁴ and the batch",
        r"the \textit{batch} has \underline{64} episodes",
        r"accuracy rises by 81\% of R\&D cost, see Fig.~3",
        r"We set $\beta = 0.1$, $\Theta = 12$ and $\sum_{i=1} w_i = 1$",
        r"so $\sqrt{n}$ bounds hold",
        r"bounds hold: $\frac{\alpha}{2} \leq \frac12$ of all",
        r"$\alpha/2 \leq \tfrac{1}{2}$ of all $\forall s \in \mathcal{S}$",
        r"$\dfrac{\alpha}{2} \leq \dfrac{1}{2}$ of all $\forall s \in S$",
        r"by G\"{o}del and Erd\H{o}s and \AA ngstr\"om and Fran\c{c}ois",
        r"G\"odel and Erd\H{o}s and {\AA}ngstr{\"o}m and Fran\c cois and Ho\`eng",
        "by Gödel and Erdős and Ångström",
        r"The model `GPT-4' --- which we call ``the teacher'' -- writes rewards for 10--20 tasks",
        r"writes rewards for $10$--$20$ tasks",
        r"The loss is $-\log \sigma(r)$ and drops from $12.5$ to $-3.2$ as $t > 0$ and $p < 0.05$",
        r"$-\log\sigma(r)$ and drops from",
        r"as \(t>0\) and \(p<0.05\) for \(A \geq B\)",
        r"as $t > 0$ and $p < 0.05$ for $A \geqslant B$",
        "-3.2 as t > 0 and p < 0.05",
        "−3.2 as t > 0 and p < 0.05",
        r"We minimise $-\mathrm{KL}(p, q)$ here",
        r"$x - y$ is the difference of both sides",
        "y is the difference of both sides",
        "-7 degrees at night",
    ],
)
def test_more_ways_to_write_what_a_page_shows(quote: str) -> None:
    assert verdict(quote, OTHER) in ("verbatim", "near")


@pytest.mark.parametrize(
    "quote",
    [
        r"Let $x \in \mathbb{R}^2$ be a state and $x_t$ the state",
        r"at time $t$, with $\|x\|_2 \ge 1$ and $n \times m$ weights",
        r"at time $t$, with $\|x\|_2 < 1$ and $n \times m$ weights",
        r"at time $t$, with $\|x\|_1 \le 1$ and $n \times m$ weights",
        r"weights, so that $f: Y \to X$ holds",
        r"weights, so that $f: X \leftarrow Y$ holds",
        r"The learning rate is $3 \times 10^{4}$ and the batch",
        r"The learning rate is $3 \times 10^{-5}$ and the batch",
        "The learning rate is 3 × 104 and the batch",
        "The learning rate is 3e4 and the batch",
        r"accuracy rises by 18\% of R\&D cost",
        r"We set $\alpha = 0.1$, $\Theta = 12$ and",
        r"We set $\beta \neq 0.1$, $\Theta = 12$ and",
        r"We set $\beta \approx 0.1$, $\Theta = 12$ and",
        r"bounds hold: $\frac{2}{\alpha} \leq \frac12$ of all",
        r"of all $\exists s \in \mathcal{S}$. The model",
        r"writes rewards for $10$--$30$ tasks",
        r"The loss is $\log \sigma(r)$ and drops",
        "The loss is log σ(r) and drops",
        "log σ(r) and drops from 12.5",
        r"drops from $12.5$ to $3.2$ as $t > 0$",
        r"drops from $-12.5$ to $-3.2$ as $t > 0$",
        "3.2 as t > 0 and p < 0.05",
        r"as $t < 0$ and $p < 0.05$ for",
        r"as $t > 0$ and $p > 0.05$ for",
        r"and $p < 0.05$ for $A \leq B$",
        r"We minimise $\mathrm{KL}(p, q)$ here",
        "x + y is the difference of both sides",
        "7 degrees at night",
    ],
)
def test_more_mathematics_that_the_page_does_not_have(quote: str) -> None:
    assert verdict(quote, OTHER) == "absent"
