"""People, an admin and thieves who do in any order whatever can be done with tokens; after every step all are tried."""

import sys
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from tests.unit.identity.life_cycle.administration import Administration
from tests.unit.identity.life_cycle.signing_in import SigningIn
from tests.unit.identity.life_cycle.trial import REFUSED

from lms_domain.identity.errors import SessionEnded
from lms_domain.kernel import new_id

SPANS = [timedelta(seconds=s) for s in (0, 1, 9, 10, 11, 59, 60, 61)]
SPANS += [timedelta(minutes=m) for m in (5, 14, 15, 16, 59, 60)] + [timedelta(days=d) for d in (1, 29, 30)]


class LifeCycle(SigningIn, Administration):
    @rule(span=st.sampled_from(SPANS))
    def pass_time(self, span: timedelta) -> None:
        self.world.clock.pass_time(span)

    @rule(is_lost=st.booleans())
    def forget_or_hear_again(self, *, is_lost: bool) -> None:
        """Redis loses its memory, or the events of before come once more, in any order."""
        if is_lost:
            self.world.restart()
        else:
            self.world.do(self.world.tell(self.world.told[::-1]))

    @invariant()
    def a_token_is_good_exactly_when_the_model_says_so(self) -> None:
        for process in range(2):
            for access in self.model.accesses:
                self.admitted(access, process)
            for program in self.model.programs:
                self.is_as_expected(program, process)

    def teardown(self) -> None:
        """Every refresh token is tried, and what it did is undone."""
        if sys.exc_info()[0] is not None:  # it has failed already
            return
        assert self.tried(new_id().hex) is SessionEnded, "none of ours"
        for sign_in in self.model.sign_ins:
            for token in sign_in.refresh_tokens:
                expected = sign_in.expected(token, self.now)
                assert self.tried(token) is REFUSED.get(expected), expected
        for sign_in in sorted(self.model.sign_ins, key=lambda each: each.expires_at):
            if sign_in.refresh_tokens and sign_in.expires_at > self.now and not sign_in.is_over:
                self.world.clock.pass_time(sign_in.expires_at - self.now - timedelta(seconds=1))
                assert self.tried(sign_in.refresh_tokens[-1]) is None, "its last second"
                self.world.clock.pass_time(timedelta(seconds=1))
                assert self.tried(sign_in.refresh_tokens[-1]) is SessionEnded, "it has expired"
