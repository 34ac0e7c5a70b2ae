"""Criteria → verdict: each criterion of a target group with the value found."""

from domain.facts import Enrolled, TargetGroup, Verdict
from domain.terms import Criterion
from domain.texts import Text, _

LABELS: dict[Criterion, Text] = {
    Criterion.AGE_MIN: _("Mindestalter"),
    Criterion.AGE_MAX: _("Höchstalter"),
    Criterion.BENEFIT_MONTHS_MIN: _("Monate im Leistungsbezug (von 24)"),
    Criterion.MIGRATION_BACKGROUND: _("Migrationshintergrund"),
    Criterion.MUNICIPALITIES: _("Wohnort"),
}


_WORDS = {"yes": _("ja"), "no": _("nein")}
_BETWEEN = " | "
"""Between the municipalities of a stored verdict."""


def assess(group: TargetGroup, enrolment: Enrolled) -> tuple[Verdict, ...]:
    """One verdict per criterion the group has, in the order of `Criterion`; no criterion, no verdict."""
    verdicts = []
    if group.age_min is not None:
        verdicts.append(_verdict(Criterion.AGE_MIN, group.age_min, enrolment.age >= group.age_min, enrolment.age))
    if group.age_max is not None:
        verdicts.append(_verdict(Criterion.AGE_MAX, group.age_max, enrolment.age <= group.age_max, enrolment.age))
    if group.benefit_months_min is not None:
        months = enrolment.benefit_months
        met = months >= group.benefit_months_min
        verdicts.append(_verdict(Criterion.BENEFIT_MONTHS_MIN, group.benefit_months_min, met, months))
    if group.migration_background is not None:
        found = enrolment.migration_background
        met = found is group.migration_background
        required = _yes_no(group.migration_background)
        verdicts.append(_verdict(Criterion.MIGRATION_BACKGROUND, required, met, _yes_no(found)))
    if group.municipalities:
        met = enrolment.municipality in group.municipalities
        required = _BETWEEN.join(group.municipalities)
        verdicts.append(_verdict(Criterion.MUNICIPALITIES, required, met, enrolment.municipality))
    return tuple(verdicts)


def unmet(verdicts: tuple[Verdict, ...]) -> Text | None:
    """The criteria not met in one text, each with what is required and found; None if all are met."""
    failed = [verdict for verdict in verdicts if not verdict.met]
    if not failed:
        return None
    parts = tuple(
        _(
            "{label}: gefordert {required}, gefunden {found}",
            label=LABELS[verdict.criterion],
            required=in_words(verdict.required),
            found=in_words(verdict.found),
        )
        for verdict in failed
    )
    return _("Zielgruppe nicht erfüllt ({parts}).", parts=parts)


def in_words(answer: str) -> Text:
    """What a verdict requires or found as people read it: yes and no in the language, municipalities with commas."""
    return _WORDS.get(answer) or Text("{answers}", {"answers": tuple(answer.split(_BETWEEN))})


def _verdict(criterion: Criterion, required: object, met: bool, found: object) -> Verdict:
    return Verdict(criterion, str(required), str(found), met)


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
