"""What the gateway says of itself."""

from caller import ask
from gateway import gateway, openai_config


async def test_health_names_the_configuration_and_the_last_refusal() -> None:
    """`/health` says what is served; a refused file shows until a good one is served."""
    async with gateway(openai_config("http://x.test")) as gate:
        told = (await ask(gate.port, "GET", "/health")).json
        assert told["status"] == "OK"
        assert told["state"] == "serving"
        assert told["configuration"]["source"] == "test.yaml"
        assert told["configuration"]["endpoints"] == 3
        assert told["configuration"]["last_error"] is None
        gate.app.config_failed("line 3: no such provider")
        refused = (await ask(gate.port, "GET", "/health")).json["configuration"]
        assert refused["last_error"]["message"] == "line 3: no such provider"
        assert refused["digest"] == told["configuration"]["digest"]
        gate.app.swap(gate.app.snapshot)
        assert (await ask(gate.port, "GET", "/health")).json["configuration"]["last_error"] is None
        gate.app.begin_drain()
        assert (await ask(gate.port, "GET", "/health")).json["state"] == "draining"
