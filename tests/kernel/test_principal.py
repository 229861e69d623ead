import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonwatt.kernel.errors import NotPermitted
from commonwatt.kernel.principal import Principal, Purpose, Role, Warrant


@given(role=st.sampled_from(Role), purpose=st.sampled_from(Purpose), asked=st.sampled_from(Purpose))
def test_only_a_fitting_purpose_of_a_fitting_role_passes(role, purpose, asked):
    warrant = Warrant(Principal("somebody", role), purpose)
    allowed = purpose is asked and (
        (role is Role.SYSTEM and purpose is not Purpose.OWN)
        or (role, purpose)
        in {
            (Role.OPERATOR, Purpose.OPERATE),
            (Role.ENGINEER, Purpose.STUDY),
            (Role.RESIDENT, Purpose.OWN),
        }
    )
    if allowed:
        warrant.require(asked)
    else:
        with pytest.raises(NotPermitted, match="somebody"):
            warrant.require(asked)
