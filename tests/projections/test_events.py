"""The event browser: every entry once and in order, whatever is asked for; one entry with all that belongs to it."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from entering import MINIJOB, Programme, enrolled, job, on, without_job
from given import NOW, SEALED
from made_up import carry_out
from random_commands import commands_for

from domain import commands
from domain.errors import NotFound
from domain.facts import CoachAssigned, Enrolled, Recorded, tag_of
from domain.journal import BERLIN, Journal, Request
from domain.terms import balances_stream, caseload_stream, erased_stream, programme_stream
from projections.catch_up import catch_up
from projections.events import AuditNames, Filter, Kinds, Listed, Page, before_day, browse, kinds, tell
from projections.ledger.leaves import leaves_of
from projections.preview import moved_by
from projections.replay import Standing  # noqa: F401 -- placeholder
from projections.stores import Stores
