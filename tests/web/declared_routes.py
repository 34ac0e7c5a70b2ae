"""For whom every route is, said once more and without looking at the code: a letter for each role.

c coach, l lead, g controlling (figures), a auditor, d data protection officer, m administrator;
`*` everybody, also before the login; `+` every account. Of the interface the scope of the token beside it.
"""

LETTERS = {"coach": "c", "lead": "l", "controlling": "g", "auditor": "a", "data_protection": "d", "admin": "m"}
PUBLIC, EVERY_ACCOUNT = "*", "+"

PAGES: dict[str, str] = {
    "static": "*",
    "health.live": "*",
    "health.ready": "*",
    "health.metrics_page": "*",
    # logging in, one's own account, help
    "account.start": "*",
    "account.login": "*",
    "account.logout": "*",
    "account.choose_language": "*",
    "account.sign_on": "*",
    "account.single_sign_on_return": "*",
    "account.account": "+",
    "help.handbook": "*",
    "help.page": "*",
    "help.image": "*",
    "help.figures": "*",
    "help.accessibility": "*",
    # figures: nobody who only administers or protects data
    "overview.overview_page": "clga",
    "overview.chart": "clga",
    "balances.balance": "clga",
    "balances.rows": "clga",
    "balances.one_edition": "clga",
    "balances.comparison": "clga",
    "balances.new_draft": "lg",
    "balances.approval": "lg",
    "balances.release": "l",
    # persons: staff, and auditors under pseudonyms, who change nothing
    "participants.roster": "cla",
    "participants.save_filter": "cla",
    "participants.search": "cl",
    "participants.enrolment": "cl",
    "journeys.journey": "cla",
    "journeys.new_step": "cl",
    "journeys.correction": "cl",
    "journeys.withdrawal": "cl",
    "journeys.contested": "cl",
    # the ledger
    "audit.audit": "lad",
    "audit.entry": "cla",
    "audit.line": "cla",
    "audit.proof": "cla",
    "audit.events": "a",
    "audit.replay": "la",
    "audit.checkpoints": "la",
    "audit.checkpoint": "la",
    "audit.public_key": "la",
    "audit.bundle": "la",
    "audit.bundle_file": "la",
    "audit.make_bundle": "la",
    "audit.stop_bundle": "la",
    "audit.verification": "lad",
    "audit.verify": "lad",
    "audit.stop_verification": "lad",
    "audit.end": "a",
    # programmes and what is entered in bulk
    "administration.administration": "ldm",
    "administration.programmes": "lm",
    "administration.programme": "lm",
    "administration.open_programme": "lm",
    "administration.close_programme": "lm",
    "administration.join_programme": "lm",
    "administration.coaches": "l",
    "administration.intake": "l",
    "administration.intake_template": "l",
    "administration.withdraw_intake": "l",
    # accounts and the machine: no social data
    "administration.accounts": "m",
    "administration.one_account": "m",
    "administration.open_account": "m",
    "administration.close_account": "m",
    "administration.rename_account": "m",
    "administration.grant_role": "m",
    "administration.revoke_role": "m",
    "administration.new_password": "m",
    "administration.end_sessions": "m",
    "administration.revoke_token_of": "m",
    "administration.rebuilding": "lm",
    "administration.begin_rebuild": "m",
    "administration.end_rebuild": "m",
    # rights of persons: one asks, the officer decides
    "administration.protection": "ld",
    "administration.person": "ld",
    "administration.ask_erasure": "ld",
    "administration.approve_erasure": "d",
    "administration.decline_erasure": "d",
    "administration.restrict_person": "d",
    "administration.lift_restriction": "d",
    "administration.keeping": "d",
    "administration.recognition": "d",
    "administration.readings": "d",
    "administration.delete_readings": "d",
}
API: dict[str, tuple[str, str]] = {}

BESIDE = {"administration.begin_rebuild", "audit.verify", "audit.make_bundle"}
"""What begins work in the background: only that it is refused to others is looked at here."""
NOT_THERE = {"audit.bundle_file", "account.sign_on", "account.single_sign_on_return", "help.image"}
"""What is not there in the house of these tests: no bundle was made, no single sign-on set up, a picture."""
