"""MLflow's own client, which sends what its user wrote and gives JSON."""

from __future__ import annotations

import json
from typing import Any

import requests
from mlflow.deployments import get_deploy_client

from sdks.client import Answered, Called
from sdks.openai_chat import FINISH, OFFERED, OpenAIChatClient


class MlflowClient:
    """Does not stream. `gateway` is where MLflow's routes are."""

    limited = requests.HTTPError
    missing = requests.HTTPError
    broken = ()

    def __init__(self, url: str) -> None:
        self._client: Any = get_deploy_client(url)

    def close(self) -> None:
        """Nothing to end."""

    def user(self, text: str) -> Any:
        return {"role": "user", "content": text}

    def ask(self, model: str, messages: list[Any], *, tools: bool, thinks: bool, stream: bool) -> Answered:
        inputs: dict[str, Any] = {"messages": messages}
        if tools:
            inputs["tools"] = OFFERED
        if thinks:
            inputs["reasoning_effort"] = "low"
        found = self._client.predict(endpoint=model, inputs=inputs)
        [choice] = found["choices"]
        message = choice["message"]
        calls = [
            Called(call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
            for call in message.get("tool_calls") or ()
        ]
        used = (found["usage"]["prompt_tokens"], found["usage"]["completion_tokens"])
        thought = message.get("reasoning_content") or message.get("reasoning") or ""
        finish = FINISH[choice["finish_reason"]]
        return Answered(message.get("content") or "", tuple(calls), finish, thought, used, message)

    back = OpenAIChatClient.back
    results = OpenAIChatClient.results

    def retry_after(self, error: Exception) -> str | None:
        assert isinstance(error, requests.HTTPError)
        return error.response.headers.get("retry-after")
