"""A heading's words -> the role of the section.

What enters: a cleaned heading. What leaves: a role, and for a facet its name and value. The rules are about
lists of papers in general, never about one survey's subject; an unknown heading is a topic. A person can
change roles in the workspace's `sections.yaml`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from classifier.survey.section_plan import Role


class Guess(NamedTuple):
    """A role; `facet` and `value` are empty unless the heading names a property of its papers.

    A container may have a facet, too: "2024" below a topic.
    """

    role: Role
    facet: str = ""
    value: str = ""


_SPLIT = re.compile(r"\S+")
_KINDS = {
    "survey": "survey surveys review reviews overview overviews tutorial tutorials perspective perspectives "
    "position positions 综述",
    "benchmark": "benchmark benchmarks benchmarking leaderboard leaderboards competition competitions "
    "challenge "
    "challenges workshop workshops 基准",
    "dataset": "dataset datasets data corpus corpora testset testsets 数据集",
    "tool": "tool tools toolkit toolkits toolbox library libraries software code codes codebase codebases "
    "implementation implementations repository repositories repo repos package packages opensource "
    "opensourced "
    "platform platforms simulator simulators project projects product products demo demos plugin plugins app "
    "apps resources resource 工具 资源",
    "reading": "blog blogs post posts article articles talk talks video videos course courses lecture "
    "lectures "
    "book books thesis theses dissertation dissertations slides podcast podcasts news media newsletter "
    "website websites webpage link links",
}
"""Value of the facet "kind" -> words of headings that indicate it."""
_KIND_OF = {word: kind for kind, words in _KINDS.items() for word in words.split()}
_WEAK = frozenset(
    _SPLIT.findall(
        "data overview overviews links link news challenge challenges position positions perspective "
        "perspectives video videos platform platforms code codes app apps product products resource"
    )
)
"""Words that can also be a topic; they count only together with others of `_KIND_OF`."""
_FILLERS = frozenset(
    _SPLIT.findall(
        "and or the of for on in with to a an other others related relevant useful additional external "
        "existing public common popular open source free online awesome paper papers work works list lists "
        "collection literature evaluation evaluations study studies more all our some further materials "
        "material technical key selected recommended previous recent early"
    )
)
_PAPERS = re.compile(
    r"(?:the |our |full |all |main |key )*(?:research |academic |reading |awesome |selected |related )*"
    r"(?:papers?|publications?|literature|bibliography|references|works?|methods?|list|taxonomy|"
    r"collection|contents?|topics?|categories|categor(?:y|ies) of papers)"
    r"(?: and related (?:projects?|resources?|work|materials?|code))?"
    r"(?: (?:list|lists|collection|collections|by (?:topic|topics|category|categories|task|tasks)|"
    r"overview))?"
    r"(?:\s*(?:and|with|[&+/])\s*(?:source |their )?(?:codes?|implementations?))?"
    r"(?:\s*[(（]?(?:classif\w+|categori\w+|sorted|grouped|ordered|arranged|listed|organi[sz]ed) "
    r"(?:according to|by|in)(?: \w+){1,3}[)）]?)?",
    re.IGNORECASE,
)
_FRONT_WORDS = (
    r"(?:table of contents?|toc|news|updates?|what'?s new|change ?logs?|release notes|introduction|about"
    r"(?: (?:this|us|the) .*)?|motivation|preface|disclaimer|acknowledge?ments?|contribut(?:e|ing)(?: .*)?|"
    r"contribut(?:ors?|ions?)(?: (?:guide|guidelines|welcome))?|how to .*|citations?|cite(?: us)?|citing|"
    r"bibtex|licen[cs]e|contacts?(?: us)?|star history|stargazers|"
    r"sponsors?|faq|todo|to ?do|roadmap|authors?|maintainers?|team|community|join us|call for .*|back to top|"
    r"code of conduct|legend|notation|abbreviations|getting started|installation|usage|quick start|"
    r"related (?:repositories|repos|lists|awesome lists|projects)|(?:other )?awesome lists|contents|"
    r"announcements?|notes?)"
)
_FRONT = re.compile(
    r"(?:(?:the|our|this|a|an|some|latest|recent|breaking|hot|new|important|big|full|main|project|paper|list|"
    r"repo|repository|survey|daily|weekly|monthly|brief|short|quick|key) )*"
    rf"{_FRONT_WORDS}(?:(?: (?:and|or) |\s*[/,+&:]\s*){_FRONT_WORDS})*(?: (?:section|page|here|below))?",
    re.IGNORECASE,
)
"""Not "Tool usage", "Intrinsic motivation" or "Fake news": only words that lists put before these."""
_CONTENTS = re.compile(r"(?:table of )?contents?|toc|index|目录", re.IGNORECASE)
_FRONT_SHORT = 5  # words; "Introduction of rewards to planning" is a topic, "Latest news" is not
_OTHERS = re.compile(
    r"(?:others?|misc(?:ellaneous|ellanea|\.)?|unc(?:ategori[sz]ed|lassified)|unsorted|to be (?:sorted|"
    r"classified|"
    r"categori[sz]ed)|rest|further|additional|varia|general|not yet (?:sorted|classified)|pending|tbd|other "
    r"(?:papers?|works?|topics?|methods?|related (?:papers?|work))|related (?:papers?|works?)|"
    r"其[他它]|その他)",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:(?:see|show|read|load|view|click (?:for|to (?:see|show|view))) )?(?:more|all|the rest|full list|"
    r"complete list)(?: (?:papers?|works?|entries|items|details|here))?|(?:click )?(?:to |here to )?"
    r"(?:expand|unfold|open)(?: (?:all|the list|for more|more|me))?|details|展开|更多",
    re.IGNORECASE,
)
"""A fold of a long list, not a section: its papers belong to what it is in."""
_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_YEAR = re.compile(
    r"(?:papers? |works? |publications? |accepted |published )*(?:in |of |from |since |before |until |"
    r"after |pre-?|"
    r"year )*"
    rf"(?:{_MONTH}\.?,? *)?(?P<year>(?:19|20)\d\d)(?: ?年)?(?:[-/. –]*(?:{_MONTH}|q[1-4]|\d\d?|(?:19|"
    rf"20)\d\d))?"
    r"(?: (?:and |or )?(?:earlier|before|older|later|papers?|onwards?|work|publications?))*(?: &.*)?",
    re.IGNORECASE,
)
_VENUE_WORD = (
    r"(?:arxiv|preprints?|neurips|nips|icml|iclr|aaai|ijcai|acl|naacl|eacl|emnlp|coling|conll|tacl|cvpr|"
    r"iccv|eccv|"
    r"wacv|bmvc|kdd|www|the web conference|sigir|cikm|wsdm|recsys|icra|iros|corl|rss|aamas|uai|aistats|"
    r"colt|colm|"
    r"interspeech|icassp|chi|uist|cscw|icse|fse|ase|issta|vldb|sigmod|icde|osdi|sosp|nsdi|"
    r"usenix(?: security)?|ndss|ccs|"
    r"s&p|isca|asplos|miccai|tpami|jmlr|tmlr|tnnls|tkde|tois|nature|science|pnas|journals?|conferences?|"
    r"workshops?|"
    r"findings|transactions|lrec|mm|acm mm|icme|ecai|log|l4dc|iui)"
)
_VENUE = re.compile(
    rf"{_VENUE_WORD}(?:(?:[ /,&+-]|and|\b)*(?:{_VENUE_WORD}|findings|papers?|oral|spotlight|track|main))*"
    r"[ '’-]*(?:(?:19|20)?\d\d)?(?: (?:papers?|accepted|oral|findings))*",
    re.IGNORECASE,
)
_DATED_ACRONYM = re.compile(
    r"[A-Z](?=[A-Za-z&/+]*[A-Z])[A-Za-z&/+]{1,11}"
    r"(?: (?:[A-Z]{2,}|Security|Workshops?|Findings|Symposium|Conference))*[ '’]*(?:(?:19|20)\d\d|['’]\d\d)"
)
"""A venue that is not in the list above: "ASIACCS 2021", "USENIX SEC 2023"."""
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_AMBIGUOUS_VENUES = frozenset(
    ["nature", "science", "log", "chi", "mm", "rss", "findings", "transactions", "ase"]
)


def guess_role(title: str) -> Guess:
    """The role that a heading's words suggest.

    >>> guess_role("Benchmarks and Datasets")
    Guess(role='facet', facet='kind', value='benchmark')
    >>> guess_role("Tool learning").role
    'topic'
    """
    words = _WORD.findall(title.lower().replace("data set", "dataset"))
    plain = " ".join(title.replace("-", " ").split()).strip(" .:")
    if not words:
        return Guess("topic")
    if len(words) <= _FRONT_SHORT and _FRONT.fullmatch(plain):
        return Guess("front")
    if _OTHERS.fullmatch(plain):
        return Guess("others")
    if found := _YEAR.fullmatch(plain):
        return Guess("container", "year", found["year"])
    if _DATED_ACRONYM.fullmatch(plain):
        return Guess("container", "venue", plain)
    if _VENUE.fullmatch(plain) and plain.lower() not in _AMBIGUOUS_VENUES:
        return Guess("container", "venue", plain)
    if _PAPERS.fullmatch(plain) or _MORE.fullmatch(plain.strip(" .…!")):
        return Guess("container")
    kind = _kind(words)
    return Guess("facet", "kind", kind) if kind else Guess("topic")


def is_contents(title: str) -> bool:
    """Whether a heading is that of a table of contents; what is below it in the file is not part of it."""
    return _CONTENTS.fullmatch(" ".join(title.split()).strip(" .:")) is not None


def is_collection(title: str) -> bool:
    """Whether a heading may hold everything that a list has, such as "Resources".

    >>> is_collection("Useful resources"), is_collection("Tools and resources")
    (True, False)
    """
    words = [word for word in _WORD.findall(title.lower()) if word not in _FILLERS]
    return bool(words) and all(word in ("resource", "resources", "资源") for word in words)


def _kind(words: list[str]) -> str:
    """The kind of paper if the heading says nothing else; empty if it is a topic."""
    joined = [part for word in words for part in ([word] if word in _KIND_OF else word.split("-"))]
    known = [word for word in joined if word in _KIND_OF]
    rest = [word for word in joined if word not in _KIND_OF and word not in _FILLERS]
    if rest or not known or (len(joined) == 1 and known[0] in _WEAK):
        return ""
    strong = [word for word in known if word not in _WEAK]
    return _KIND_OF[(strong or known)[0]]
