"""Mathematics in quotes is found however it is written, and made-up mathematics is not."""

# ruff: noqa: E501 - a table of quotes

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


NOTATION = shown(
    """Robots That Water the Plants of a Greenhouse at Night
Let f′(x) denote the derivative and f″ the second one, with x̂ ∈ X̃ and ȳ the mean of y over all N samples.
We maximise J(πθ) = Eτ∼πθ [∑Tt=0 γt rt] subject to KL(πθ ∥ πold) ≤ δ with step size α = 3·10−4.
The policy gradient is ∇θ J(θ) = E[∇θ log πθ(a|s) A(s,a)] and the advantage is Aˆt = δt + (γλ)δt+1.
On six tasks the return rises from 0.58 ± 0.03 to 0.81 ± 0.02 (p < 0.001), i.e. by 23 % of 1 000 episodes.
The language model’s answers—“yes” or “no”—are scored by σ(w⊤h + b), where σ is the sigmoid function.
The cost is O(n log n) for n ≥ 2 and Θ(n2) otherwise, and 2k−1 steps are needed with K = 2⌈log2 n⌉.
We use β1 = 0.9, β2 = 0.999, ϵ = 10−8 and a batch of 256 × 4 samples; the ratio πθ/πref is clipped to [0.8, 1.2].
If A ⊆ B and A ∩ B ≠ ∅, then |A ∪ B| < ∞ and the map g ∘ f: A → C exists for every x > 0.
The loss is L = −(1/N) ∑i log p(yi | xi), where N = 1,024 and 𝔼[x] = μ holds for ℓ2 norms.
Temperatures are between 5 °C and 35 °C (about 41–95 °F) and prices fall by $3 per plant and 50 €.
We define V∗(s) = maxa Q∗(s, a) and argmina c(a), with R2 = 0.97 and 95 % confidence 0.71 to 0.83.
"""
)


@pytest.mark.parametrize(
    "quote",
    [
        r"Let $f'(x)$ denote the derivative and $f''$ the second one",
        r"Let f'(x) denote the derivative and f'' the second one",
        r"Let $f^{\prime}(x)$ denote the derivative and $f^{\prime\prime}$ the second one",
        r"with $\hat{x} \in \tilde{X}$ and $\bar{y}$ the mean of $y$ over all $N$ samples",
        r"with $\hat x \in \widetilde{X}$ and $\overline{y}$ the mean",
        r"We maximise $J(\pi_\theta) = \mathbb{E}_{\tau \sim \pi_\theta} [\sum_{t=0}^T \gamma^t r_t]$ subject to",
        r"We maximise $J(\pi_\theta) = \mathbb{E}_{\tau\sim\pi_\theta}\left[\sum_{t=0}^{T} \gamma^t r_t\right]$ subject to $\mathrm{KL}(\pi_\theta \,\|\, \pi_{\text{old}}) \leq \delta$",
        r"subject to $\text{KL}(\pi_\theta \parallel \pi_{old}) \le \delta$ with step size $\alpha = 3 \cdot 10^{-4}$",
        r"with step size α = 3·10⁻⁴",
        r"The policy gradient is $\nabla_\theta J(\theta) = \mathbb{E}[\nabla_\theta \log \pi_\theta(a|s) A(s,a)]$",
        r"The policy gradient is $\nabla_{\theta} J(\theta)=\mathbb{E}\left[\nabla_{\theta} \log \pi_{\theta}(a \mid s) A(s, a)\right]$",
        r"the advantage is $\hat{A}_t = \delta_t + (\gamma\lambda)\delta_{t+1}$",
        r"the return rises from $0.58 \pm 0.03$ to $0.81 \pm 0.02$ ($p < 0.001$), i.e.\ by 23\% of 1\,000 episodes",
        r"the return rises from 0.58 ± 0.03 to 0.81 ± 0.02 (p < 0.001), i.e. by 23% of 1,000 episodes",
        r"the return rises from 0.58 \pm 0.03 to 0.81 \pm 0.02",
        r"The language model's answers---``yes'' or ``no''---are scored by $\sigma(w^\top h + b)$",
        r"""The language model's answers -- "yes" or "no" -- are scored by $\sigma(\mathbf{w}^{\top} \mathbf{h} + b)$, where $\sigma$ is the sigmoid""",
        r"The language model\textquoteright s answers",
        r"The cost is $O(n \log n)$ for $n \geq 2$ and $\Theta(n^2)$ otherwise",
        r"The cost is $\mathcal{O}(n \log n)$ for $n \ge 2$ and $\Theta(n^{2})$ otherwise, and $2k-1$ steps are needed with $K = 2\lceil \log_2 n \rceil$",
        r"We use $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-8}$ and a batch of $256 \times 4$ samples",
        r"We use beta_1 = 0.9, beta_2 = 0.999, epsilon = 10^-8 and a batch of 256 x 4 samples",
        r"the ratio $\frac{\pi_\theta}{\pi_{\mathrm{ref}}}$ is clipped to $[0.8, 1.2]$",
        r"the ratio $\pi_\theta / \pi_\text{ref}$ is clipped to $[0.8,\,1.2]$",
        r"If $A \subseteq B$ and $A \cap B \neq \emptyset$, then $|A \cup B| < \infty$",
        r"If $A \subseteq B$ and $A \cap B \ne \varnothing$, then $\lvert A \cup B \rvert < \infty$ and the map $g \circ f\colon A \to C$ exists for every $x > 0$",
        r"The loss is $\mathcal{L} = -(1/N) \sum_{i} \log p(y_i|x_i)$, where $N=1,024$ and $\mathbb{E}[x] = \mu$ holds for $\ell_2$ norms",
        r"Temperatures are between 5\,$^\circ$C and 35\,$^\circ$C (about 41--95\,$^\circ$F) and prices fall by \$3 per plant",
        r"Temperatures are between 5 °C and 35 °C (about 41-95 °F)",
        r"We define $V^*(s) = \max_a Q^*(s, a)$ and $\arg\min_a c(a)$, with $R^2 = 0.97$ and 95\% confidence",
        r"We define $V^{\ast}(s)=\max_{a} Q^{\star}(s,a)$ and $\operatorname{argmin}_a c(a)$",
        r"with R² = 0.97 and 95% confidence 0.71 to 0.83",
        r"the map \( g \circ f : A \rightarrow C \) exists for every \( x > 0 \)",
        r"On six tasks~\cite{one2020,two2021} the return rises from 0.58",
        r"On six tasks \citep{one2020} the return rises from $0.58$",
        r"where \textbf{N} = 1,024 and E[x] = mu holds for l2 norms",
        r"\noindent We use \(\beta_1 = 0.9\), \(\beta_2 = 0.999\)",
        r"\mbox{We use} $\beta_1 = 0.9$, $\beta_2 = 0.999$",
        r"C \href{http://a.b}{exists for every} $x > 0$",
        r"where $N = 1{,}024$ and $\mathbb{E}[x] = \mu$ holds",
    ],
)
def test_the_notation_of_papers_is_found(quote: str) -> None:
    assert verdict(quote, NOTATION) in ("verbatim", "near")


@pytest.mark.parametrize(
    "quote",
    [
        r"Let $f''(x)$ denote the derivative and $f'$ the second one",
        r"Let $f(x)$ denote the derivative and $f''$ the second one",
        r"with $\hat{x} \notin \tilde{X}$ and $\bar{y}$ the mean of",
        r"We maximise $J(\pi_\phi) = \mathbb{E}_{\tau \sim \pi_\theta} [\sum_{t=0}^T \gamma^t r_t]$ subject to",
        r"We maximise $J(\pi_\theta) = \mathbb{E}_{\tau \sim \pi_\theta} [\sum_{t=1}^T \gamma^t r_t]$ subject to",
        r"We maximise $J(\pi_\theta) = \mathbb{E}_{\tau \sim \pi_\theta} [\prod_{t=0}^T \gamma^t r_t]$ subject to",
        r"subject to $\text{KL}(\pi_{old} \parallel \pi_\theta) \le \delta$ with step size",
        r"subject to $\text{KL}(\pi_\theta \parallel \pi_{old}) \le \epsilon$ with step size",
        r"with step size $\alpha = 3 \cdot 10^{-5}$ The policy",
        r"with step size $\alpha = 3 \cdot 10^{4}$",
        r"with step size α = 3·10⁻³",
        r"with step size $\beta = 3 \cdot 10^{-4}$",
        r"The policy gradient is $\nabla_\theta J(\theta) = \mathbb{E}[\nabla_\theta \log \pi_\theta(s|a) A(s,a)]$",
        r"The policy gradient is $-\nabla_\theta J(\theta) = \mathbb{E}[\nabla_\theta \log \pi_\theta(a|s) A(s,a)]$",
        r"the advantage is $\hat{A}_t = \delta_t - (\gamma\lambda)\delta_{t+1}$",
        r"the advantage is $\hat{A}_t = \delta_t + (\gamma\lambda)\delta_{t-1}$",
        r"the return rises from $0.58 \pm 0.03$ to $0.81 \pm 0.03$",
        r"the return rises from $0.85 \pm 0.03$ to $0.81 \pm 0.02$",
        r"the return rises from 0.58 ± 0.03 to 0.81 ± 0.02 (p > 0.001)",
        r"the return rises from 0.58 ± 0.03 to 0.81 ± 0.02 (p < 0.01)",
        r"are scored by $\sigma(w^\top h - b)$, where",
        r"are scored by $\rho(w^\top h + b)$, where $\rho$ is the sigmoid",
        r"The cost is $O(n^2)$ for $n \geq 2$ and $\Theta(n \log n)$ otherwise",
        r"The cost is $O(n \log n)$ for $n \leq 2$ and",
        r"and $2k+1$ steps are needed with",
        r"and $2^k-1$ steps are not needed with",
        r"We use $\beta_1 = 0.999$, $\beta_2 = 0.9$, $\epsilon = 10^{-8}$",
        r"We use $\beta_1 = 0.9$, $\beta_2 = 0.999$, $\epsilon = 10^{-6}$",
        r"a batch of $256 \times 8$ samples",
        r"the ratio $\frac{\pi_{\mathrm{ref}}}{\pi_\theta}$ is clipped to $[0.8, 1.2]$",
        r"the ratio $\pi_\theta / \pi_\text{ref}$ is clipped to $[0.9, 1.1]$",
        r"If $A \subset B$ and $A \cap B \neq \emptyset$, then",
        r"If $A \subseteq B$ and $A \cap B = \emptyset$, then",
        r"If $A \supseteq B$ and $A \cap B \neq \emptyset$, then",
        r"If $A \subseteq B$ and $A \cup B \neq \emptyset$, then",
        r"then $|A \cup B| = \infty$ and the map",
        r"and the map $g \circ f\colon A \to C$ exists for every $x \geq 0$",
        r"The loss is $L = \frac{1}{N} \sum_i \log p(y_i \mid x_i)$, where",
        r"The loss is $L = -\frac{1}{N} \sum_i \log p(x_i \mid y_i)$, where",
        r"where $N = 1{,}042$ and $\mathbb{E}[x] = \mu$",
        r"where $N = 1,024$ and $\mathbb{E}[x] = \nu$ holds",
        r"where $N = 1,024$ and $\mathbb{E}[x] = \mu$ holds for $\ell_1$ norms",
        r"between 5 °C and 53 °C (about 41",
        r"between -5 °C and 35 °C (about 41",
        r"We define $V^*(s) = \min_a Q^*(s, a)$ and",
        r"We define $V^*(s) = \max_a Q(s, a)$ and",
        r"with $R^2 = 0.79$ and 95\% confidence",
        r"with $R^3 = 0.97$ and 95\% confidence",
        r"with R² = 0.97 and 99% confidence 0.71 to 0.83",
    ],
)
def test_another_notation_is_absent(quote: str) -> None:
    assert verdict(quote, NOTATION) == "absent"
