"""What is said of the files that were read."""

from __future__ import annotations

from voc.pipeline.telling import FEW, FileTold, Telling


def lines(files: list[FileTold]) -> list[str]:
    said: list[str] = []
    telling = Telling(said.append)
    for file in files:
        telling.add(file)
    telling.done()
    return said


def mail(number: int, added: int = 1, rejects: int = 0, unchanged: bool = False) -> FileTold:
    return FileTold(f"mail/inbox/{number}.eml", ("text <- body",), added, 0, rejects, unchanged)


def test_many_like_files_of_a_folder_are_told_together_with_their_sums() -> None:
    said = lines([mail(n, rejects=n % 2) for n in range(40)])
    assert said == [
        "mail/inbox: 40 .eml files: text <- body",
        "mail/inbox: 40 .eml files: 40 documents added, 0 exact duplicates, 20 rows rejected",
    ]


def test_few_files_are_named_one_by_one() -> None:
    said = lines([mail(n) for n in range(FEW)])
    assert [line.partition(":")[0] for line in said[::2]] == [f"mail/inbox/{n}.eml" for n in range(FEW)]
    assert len(said) == 2 * FEW


def test_another_way_of_reading_or_another_folder_is_told_apart() -> None:
    table = FileTold("reviews.csv", ("text <- Review",), 70, 1, 2, False)
    other = [FileTold(f"mail/inbox/{n}.msg", ("text <- rtf",), 1, 0, 0, False) for n in range(9)]
    said = lines([*(mail(n) for n in range(9)), *other, table])
    assert [line.partition(": ")[0] for line in said] == ["mail/inbox"] * 4 + ["reviews.csv"] * 2
    assert said[-1] == "reviews.csv: 70 documents added, 1 exact duplicates, 2 rows rejected"


def test_unchanged_files_are_told_together_too() -> None:
    said = lines([mail(n, unchanged=True) for n in range(1_200)])
    assert said == ["mail/inbox: 1,200 .eml files: unchanged, 1,200 documents, 0 rejects"]


def test_files_without_a_folder_have_no_name_in_common() -> None:
    said = lines([FileTold(f"{n}.csv", (), 2, 0, 0, False) for n in range(5)])
    assert said == ["5 .csv files: 10 documents added, 0 exact duplicates, 0 rows rejected"]


def test_two_forms_that_take_turns_in_a_folder_are_told_in_two_groups() -> None:
    files = [FileTold(f"calls/{n}{'.vtt' if n % 2 else '.json'}", ("speakers",), 1, 0, 0, False) for n in range(20)]
    assert [line.partition(": speakers")[0] for line in lines(files)[::2]] == [
        "calls: 10 .json files",
        "calls: 10 .vtt files",
    ]
