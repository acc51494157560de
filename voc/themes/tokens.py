"""Words and short phrases of a text, from which labels are made: English and Chinese (both scripts as one)."""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import jieba
    from opencc import OpenCC

ENGLISH, CHINESE, OTHER = "en", "zh", "other"
_ENGLISH_WORD: Final = re.compile(r"[a-z][a-z'-]*[a-z]|[^\w\s'-]+|\d+")
_CHINESE_RUN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z][a-z0-9]+")
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
# Mail and web addresses, tags, and numbers of orders and flights: never words of a label.
_NO_WORDS: Final = re.compile(r"\S{0,80}@\S+|https?://\S+|www\.\S+|<[^<>]{1,80}>|(?<![a-z])[a-z]{1,5}-?\d[a-z\d-]*")
_ENGLISH_NEGATIONS: Final = frozenset({"no", "not", "never", "without"})
_CONTRACTION: Final = re.compile(r".*n't|(?:can|does|did|do|wo|is|are|was|has|have|had|could|would|should)nt")
_BEFORE_NOUNS: Final = re.compile(
    "an?|the|my|our|your|their|his|her|its|this|that|these|those|no|any|some|each|every|of|for|with|by|in|on|at"
)
_BEFORE_VERBS: Final = re.compile(
    "to|will|would|can|could|should|must|may|might|did|do|does|i|we|they|you|he|she|it|who|never|not|please|"
    ".*n't|be|been|is|are|was|were|being|very|so|too|have|has|had|having|ever|get|got|\\w{2,}ly"
)
# A word and the one before it, with nothing but blanks between: the word has a choice of its first letter.
_INSIDE: Final = re.compile(r"(?=\b([A-Za-z]+) +([A-Z]?[a-z]{2,})\b)")
NAMED: Final = 2  # times that a word has a capital inside a sentence, at least, to be a name ...
NAMED_SHARE: Final = 0.5  # ... and more than this share of all times: first guesses, not swept
_CHINESE_NEGATIONS: Final = frozenset({"不", "没", "未", "无", "没有", "没人", "无人", "不肯", "不愿"})
NEGATIONS: Final = _ENGLISH_NEGATIONS | _CHINESE_NEGATIONS
# Where OpenCC's conversion of words speaks of computers (窗口 as in Windows, 程序 as in software), or not as Taiwan
# does: read off its output on the words of customer service and 250 more.
_CUSTOMERS: Final[Mapping[str, str]] = {
    "窗口": "窗口", "挂断": "掛斷", "设备": "設備", "菜单": "菜單", "社区": "社區", "性价比": "性價比", "文件": "文件",
    "高级": "高級", "高端": "高端", "局部": "局部", "全局": "全局", "对象": "對象", "项目": "項目", "用户": "用戶",
    "调度": "調度", "循环": "循環", "进程": "進程", "队列": "隊列", "优化": "優化", "程序": "程序", "发布": "發布",
    "运行": "運行", "小程序": "小程式", "程序员": "程式設計師", "应用程序": "應用程式", "质量": "品質",
    "公交车": "公車", "公交": "公車", "合同": "合約",
}  # fmt: skip
_KEPT_WORDS: Final = re.compile("(" + "|".join(sorted(_CUSTOMERS, key=len, reverse=True)) + ")")
# Tags of jieba's dictionary that carry content. Names of people (nr, nrt) are left out on purpose.
_CONTENT: Final = frozenset({"n", "nz", "vn", "v", "a", "an", "i", "l", "j", "b", "z", "s"})
_CONTENT_SINGLE: Final = frozenset({"a"})
_MAX_CHINESE: Final = 6  # characters: a longer phrase reads like a clause


@dataclass(frozen=True, slots=True)
class Term:
    """A word or phrase: ``key`` is what is counted, ``words`` its parts (for overlaps), ``surface`` what is shown."""

    key: str
    words: tuple[str, ...]
    surface: str


def group_of(language: str) -> str:
    """The group of languages whose words are counted together: en, zh (both scripts) or other."""
    base = language.partition("-")[0]
    return base if base in (ENGLISH, CHINESE) else OTHER


def terms(text: str, language: str) -> list[Term]:
    """The words and two-word phrases of ``text`` that could stand in a label, repeated as often as they occur.

    Chinese is read in simplified script. Phrases do not cross punctuation or stop words, and leave
    out addresses, tags and numbers.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    folded = _NO_WORDS.sub(" . ", folded)
    group = group_of(language)
    chinese = group == CHINESE or (group == OTHER and _HAN.search(folded))
    return _chinese(folded) if chinese else _english(folded)


def nounlike(texts: Iterable[str]) -> dict[str, int]:
    """Key of each English word of ``texts`` -> how much more often it stands where a noun would (after an article, a
    possessive or a preposition, and not before another word of content) than where a verb or an adjective would (after
    a pronoun, an auxiliary, an adverb or "to"). A stand-in for a tagger, which no dependency brings: the texts
    themselves show what a word is to their writers."""
    found = dict[str, int]()
    for text in texts:
        tokens = _ENGLISH_WORD.findall(_NO_WORDS.sub(" . ", text.casefold().replace("\u2019", "'")))
        for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], "."], strict=False):
            step = 1 if _BEFORE_NOUNS.fullmatch(before) else -1 if _BEFORE_VERBS.fullmatch(before) else 0
            if step > 0 and after[0].isalpha() and after not in _function_words():
                step = 0  # "a dreadful company": what an adjective and half of a compound have in common
            if step and token[0].isalpha():
                key = _stem(token.removesuffix("'s"))
                found[key] = found.get(key, 0) + step
    return found


def proper_names(texts: Sequence[str]) -> frozenset[str]:
    """Keys of English words that writers begin with a capital inside a sentence, most of the times that they could
    choose: people, places, brands and the company itself, whose name nobody may have told. All capitals (TV, PIN) and
    mixed ones (WiFi) are no sign of a name, nor are sentences that capitalise everything. A word of customer service is
    no name (the Lounge). What mostly stands behind a name is a part of it."""
    seen, capital = Counter[str](), Counter[str]()
    for text in texts:
        for before, word in _INSIDE.findall(_NO_WORDS.sub(" . ", text)):
            if before.islower():
                key = _stem(word.casefold())
                seen[key] += 1
                capital[key] += word[0].isupper()
    named = {key for key, n in capital.items() if n >= NAMED and n > NAMED_SHARE * seen[key]}
    named -= chinese_of_english().keys()
    return frozenset(named | _second_names(texts, named))


def _second_names(texts: Sequence[str], named: Set[str]) -> Set[str]:
    """Keys of words that mostly stand behind a name, however they are written: the rest of a name of two words."""
    seen, behind = Counter[str](), Counter[str]()
    for text in texts:
        keys = [_stem(token) for token in _ENGLISH_WORD.findall(text.casefold())]
        seen.update(keys)
        behind.update(key for before, key in pairwise(keys) if before in named and key[0].isalpha())
    found = {key for key, n in behind.items() if n >= NAMED and n > NAMED_SHARE * seen[key]}
    return found - chinese_of_english().keys() - english_stop_words()


def to_simplified(text: str) -> str:
    """Traditional Chinese in simplified script; what is not Chinese stays."""
    return str(_converter("t2s").convert(text))


def to_traditional(text: str) -> str:
    """Simplified Chinese in traditional script and the usage of Taiwan: words are converted too (软件, 軟體), but for
    those that mean something else to a customer than to a programmer."""
    parts = _KEPT_WORDS.split(text)
    kept = (_CUSTOMERS[part] for part in parts[1::2])
    said = [str(_converter("s2twp").convert(part)) for part in parts[::2]]
    return "".join(word + after for word, after in zip(["", *kept], said, strict=True)).replace("賬", "帳")


def _english(text: str) -> list[Term]:
    found, stop = list[Term](), english_stop_words()
    previous, negation = "", ""
    for token in _ENGLISH_WORD.findall(text):
        word = token.removesuffix("'s")
        if word in _ENGLISH_NEGATIONS:
            previous, negation = "", word
        elif _CONTRACTION.fullmatch(word):
            previous, negation = "", "not"
        elif not word[0].isalpha() or "'" in word or word in stop or len(word) < 3:
            previous = negation = ""
        else:
            if negation:
                found.append(_term(" ", negation, word))
            else:
                found.append(_term(" ", word))
            if previous and previous != word:
                found.append(_term(" ", previous, word))
            previous, negation = word, ""
    return found


def _chinese(text: str) -> list[Term]:
    simplified = to_simplified(text)
    dictionary, stop, degrees = chinese_dictionary(), chinese_stop_words(), _word_list("chinese_degrees.txt")
    found = list[Term]()
    for run in _CHINESE_RUN.findall(simplified):
        previous, negation = "", ""
        for word in dictionary.cut(run):
            if word in _CHINESE_NEGATIONS:
                previous, negation = "", word
            elif word in degrees:
                continue
            elif word in stop or not dictionary.has_content(word):
                previous = negation = ""
            else:
                if negation and len(negation + word) >= 3:
                    found.append(_term("", negation, word))
                elif 1 < len(word) <= _MAX_CHINESE or word.isascii():
                    found.append(_term("", word))
                if previous and previous != word and 2 < len(previous + word) <= _MAX_CHINESE:
                    found.append(_term("", previous, word))
                # A single character says enough after a word (态度差), not before one.
                previous, negation = word if len(word) > 1 else "", ""
    return found


def _term(joint: str, *words: str) -> Term:
    stems = tuple(_stem(w) for w in words)
    return Term(joint.join(stems), stems, joint.join(words))


def _stem(word: str) -> str:
    """Forms of one English word under one key: only for counting, never shown, so wrong roots do no harm."""
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word[-1] == "s" and word[-2] not in "suia'":
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            word = word.removesuffix(ending)
            break
    doubled = len(word) > 4 and word[-1] == word[-2] and word[-1] in "lnprtmg"
    return word[:-1] if doubled or (len(word) > 4 and word[-1] == "e") else word


@dataclass(frozen=True, slots=True)
class ChineseDictionary:
    """jieba without its guesses at unknown words, so that every word is one of a dictionary, and the words' tags."""

    tokenizer: jieba.Tokenizer
    tags: Mapping[str, str]

    def cut(self, text: str) -> Iterable[str]:
        """The words of ``text`` (simplified script)."""
        words: Iterable[str] = self.tokenizer.cut(text, HMM=False)
        return words

    def is_noun(self, word: str) -> bool:
        """Whether the dictionary has ``word`` as a noun, or not at all."""
        return self.tags.get(word, "n").startswith(("n", "vn", "an", "s", "j"))

    def has_content(self, word: str) -> bool:
        """Whether ``word`` says something by itself; foreign words (app, wifi) do."""
        if word.isascii():
            return len(word) > 1 and word not in english_stop_words()
        return self.tags.get(word, "") in (_CONTENT if len(word) > 1 else _CONTENT_SINGLE)


@cache
def chinese_dictionary() -> ChineseDictionary:
    """The dictionary of jieba with the words of customer service added."""
    with warnings.catch_warnings():  # jieba imports pkg_resources where it is there, which warns
        warnings.simplefilter("ignore")
        import jieba

    tokenizer = jieba.Tokenizer()
    # Not initialize(): that reads and writes a marshal file at a guessable place in the shared temporary folder.
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    with tokenizer.get_dict_file() as lines:
        tags = {word: tag for word, _, tag in (line.decode("utf-8").split() for line in lines)}
    for word, _ in _service_words():
        tokenizer.add_word(word)
        tags[word] = "n"
    return ChineseDictionary(tokenizer, tags)


@cache
def _function_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


@cache
def english_stop_words() -> frozenset[str]:
    """English words that say nothing in a label."""
    return _function_words() | _word_list("english_stop.txt")


@cache
def chinese_stop_words() -> frozenset[str]:
    """Chinese words (simplified script) that say nothing in a label."""
    return _word_list("chinese_stop.txt")


@cache
def chinese_of_english() -> Mapping[str, str]:
    """Key of an English term -> Chinese words (simplified script), for the words of customer service."""
    found: dict[str, str] = {}
    for word, longest in _english_terms().items():
        if longest.surface == english_of_chinese()[word]:
            found.setdefault(longest.key, word)
    return found


def concept(group: str, key: str) -> str:
    """What a term stands for, the same in both languages for the words of customer service."""
    found = _english_terms().get(key) if group == CHINESE else None
    return found.key if found else key


@cache
def _english_terms() -> Mapping[str, Term]:
    """Chinese word (simplified script) -> the longest term of its English words, where there is any."""
    found = {word: _english(english) for word, english in english_of_chinese().items()}
    return {word: max(some, key=lambda term: len(term.words)) for word, some in found.items() if some}


@cache
def english_of_chinese() -> Mapping[str, str]:
    """Chinese word (simplified script) -> English words, for the words of customer service."""
    return {word: english for word, english in _service_words() if english != "-"}


@cache
def _service_words() -> tuple[tuple[str, str], ...]:
    lines = resources.files("voc.themes").joinpath("words", "service_words.tsv").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if not line.startswith("#"))
    return tuple((word, english) for word, english in pairs)


@cache
def _word_list(name: str) -> frozenset[str]:
    lines = resources.files("voc.themes").joinpath("words", name).read_text("utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


@cache
def _converter(name: str) -> OpenCC:
    from opencc import OpenCC

    return OpenCC(name)
