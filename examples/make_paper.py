"""Writes examples/paper.pdf: an invented study, so that the quick start needs no download.

    python examples/make_paper.py [OUT.pdf]      (needs reportlab)

Authors, robots and numbers are fiction. The bytes are the same on every run.
"""

import sys
from pathlib import Path

from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import cm
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

TITLE = "Reward Sketches: Letting a Language Model Write What a Greenhouse Robot Is Paid For"
AUTHORS = "Ines Halvorsen, Tomas Oduya (invented authors, example text of the classifier project)"

ABSTRACT = """A robot that tends plants can be trained by reinforcement learning, but somebody has to write down
what a good action is worth, and gardeners do not write reward functions. We ask a large language model to do it. From
a one-line task description and a list of the simulator's variables, the model writes a short program, the reward
sketch, that scores every step of the robot. A policy is then trained with proximal policy optimization on that reward
alone. After each round of training the sketch is shown to the language model again together with the learning curve of
every term in it, and the model rewrites the terms that the robot exploited. The language model is never asked what the
robot should do next, and it is not needed once the policy has been trained. On six greenhouse tasks the policies
trained on reward sketches finish 81 percent of the episodes, against 58 percent with rewards written by two
engineers and 23 percent with the sparse success signal."""

SECTIONS: list[tuple[str, list[str]]] = [
    (
        "1 Introduction",
        [
            """Training a robot by reinforcement learning needs a reward at every step. In a greenhouse the final
            success, a plant that lives, comes weeks after the action that decided it, so the sparse signal teaches
            next to nothing. Engineers therefore shape the reward by hand: so much for moving towards the pot, so much
            for water that lands in it, a fine for a bent leaf. Such rewards take days to tune and are gamed by the
            policy in ways that nobody foresaw.""",
            """Large language models have read a great deal about plants and can write programs. This paper studies
            whether they can take over the one piece of the work for which neither gardeners nor engineers have
            patience: the design of the reward function. The policy itself stays an ordinary neural network that sees
            joint angles and a depth image.""",
            """Our contributions are these. First, a format for rewards, the reward sketch, that a language model can
            write and that the simulator can check before a single step is taken. Second, a loop in which the language
            model revises its own sketch after seeing how each of its terms behaved during training. Third, a comparison
            with hand-written and sparse rewards on six tasks, three simulated robots and five random seeds.""",
        ],
    ),
    (
        "2 Related Work",
        [
            """Reward design has long been known as the hard part of applied reinforcement learning. Inverse methods
            learn the reward from demonstrations, and preference methods learn it from comparisons; both need many hours
            of a person's time. Others let a language model choose the robot's actions directly, or plan over skills
            that were trained before. We do neither: here the language model speaks only through the reward.""",
        ],
    ),
    (
        "3 Reward Sketches",
        [
            """A reward sketch is a list of at most eight terms. Each term has a name, a formula over the variables that
            the simulator offers, and a weight between minus one and one. The sum of the weighted terms is the reward of
            the step. We give the language model the task in one sentence, the variables with their units and ranges,
            and one worked sketch for an unrelated task. It answers with a program, which we run on a thousand recorded
            random steps. Sketches that crash, that use an unknown variable, or whose terms are constant are sent back
            once with the error.""",
            """Training then uses proximal policy optimization with the same settings for every task. We record for each
            term its mean and its share of the total reward over time. After two million steps these curves are
            summarised in a table and shown to the language model with the question which terms were exploited, which
            were ignored, and how it would rewrite them. Three such rounds are made. The policy of the last round is
            kept, and the language model plays no part when the robot works.""",
        ],
    ),
    (
        "4 Experiments",
        [
            """The six tasks are watering, pruning, repotting, carrying a tray, turning seedlings to the light, and
            picking ripe fruit. Three simulated arms with six or seven joints are used. The baselines are the sparse
            success signal, a reward written by two engineers in two days, and the first sketch without revision.""",
            """With three rounds of revision the policies finish 81 percent of the episodes. The first sketch alone
            reaches 64 percent, the engineers' reward 58 percent, and the sparse signal 23 percent. The gain is largest
            for pruning, where the first sketch paid the robot for touching leaves and the second one fined it for
            touching leaves that are green. Removing the table of curves from the revision prompt brings the result down
            to 69 percent, which shows that it is the feedback from training, and not the second attempt, that helps.""",
            """Figure 1 (not printed in this example) shows the share of each term over training. In two of the ninety
            runs the language model removed a term that was needed, and the policy of the earlier round was better.""",
        ],
    ),
    (
        "5 Limitations",
        [
            """All experiments are in simulation. The variables of the simulator were named by people who knew what a
            reward would need, which makes the language model's work easier. Sketches are short programs, and tasks whose
            success can only be seen in an image are out of reach for them.""",
        ],
    ),
    (
        "6 Conclusion",
        [
            """A language model that never moves the robot can still teach it, by writing what each step is worth and by
            reading how its words were gamed. Reward sketches put that work into a form that can be checked, compared
            and thrown away.""",
        ],
    ),
    (
        "References",
        [
            """[1] I. Halvorsen. Notes on shaping rewards for pots and pans. Invented Workshop on Kitchen Robots, 2021.""",
            """[2] T. Oduya and L. Brandt. What simulators forget about leaves. Journal of Imaginary Horticulture, 2022.""",
        ],
    ),
]


def write_paper(path: Path) -> None:
    """Writes the PDF, one column, two pages, at `path`."""
    body = ParagraphStyle(
        "body", fontName="Times-Roman", fontSize=10.5, leading=14, alignment=TA_JUSTIFY, spaceAfter=6
    )
    title = ParagraphStyle(
        "title", fontName="Times-Bold", fontSize=17, leading=21, alignment=TA_CENTER, spaceAfter=10
    )
    centred = ParagraphStyle("centred", parent=body, alignment=TA_CENTER, spaceAfter=14)
    heading = ParagraphStyle(
        "heading", fontName="Times-Bold", fontSize=12.5, leading=16, spaceBefore=10, spaceAfter=5
    )
    story: list[Flowable] = [
        Paragraph(TITLE, title),
        Paragraph(AUTHORS, centred),
        Paragraph("Abstract", heading),
        Paragraph(ABSTRACT, body),
        Spacer(1, 6),
    ]
    for name, paragraphs in SECTIONS:
        story.append(Paragraph(name, heading))
        story.extend(Paragraph(text, body) for text in paragraphs)
    SimpleDocTemplate(
        str(path),
        pagesize=A4,
        leftMargin=2.8 * cm,
        rightMargin=2.8 * cm,
        topMargin=2.4 * cm,
        bottomMargin=2.4 * cm,
        title="",
        invariant=1,
    ).build(story)


if __name__ == "__main__":
    write_paper(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("paper.pdf"))
