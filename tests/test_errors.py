"""The tree of failures."""

from __future__ import annotations

import inspect

import pytest

from limen import errors

FAULTS = [e for _, e in inspect.getmembers(errors, inspect.isclass) if issubclass(e, errors.LimenError)]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_failure_is_drawn_in_the_tree(fault: type[errors.LimenError]) -> None:
    """A reader of the module's first lines sees all there are."""
    assert fault.__name__ in (errors.__doc__ or "")


def test_the_status_tells_whose_fault_it_is() -> None:
    """Clients' faults are 4xx; the gateway's and providers' own are 5xx, but for what a provider itself answered."""
    for fault in FAULTS:
        if issubclass(fault, errors.ClientFault):
            assert 400 <= fault.status < 500
        elif issubclass(fault, errors.ProviderFault | errors.GatewayFault):
            assert fault.status >= 500


def test_a_fault_carries_what_a_client_needs() -> None:
    """The parameter at fault and a code of its own, where there are any."""
    fault = errors.BadRequest("no", param="model", code="missing")
    assert (str(fault), fault.param, fault.code) == ("no", "model", "missing")
    assert errors.BadRequest("no").code == "invalid_request"
    assert errors.TimeoutFault("late", phase="idle").status == 504
