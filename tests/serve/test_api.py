"""Section 9 of the contract, asked over HTTP."""

from __future__ import annotations

import contextlib
import json
import re
import socket
from urllib.parse import quote

import jsonschema
import pytest
from serve_rows import STRANGE
from serving import Serving


def test_a_profile_is_the_document_of_the_job(server: Serving) -> None:
    found = server.client.get("/v1/users/u7")
    assert found.headers["content-type"] == "application/json"
    assert found.json()["features"] == {"orders": 7}
    assert found.json()["segments"] == ["newsletter"]


def test_a_profile_older_than_the_newest_change_has_its_segments(server: Serving) -> None:
    found = server.client.get("/v1/users/u0").json()
    assert (found["segments"], found["sequence"], found["features"]) == (["high_value"], 3, {"orders": 0})
    assert server.client.get("/v1/users/u0/segments").json()["segments"] == ["high_value"]


def test_only_some_segments_are_asked_for(server: Serving) -> None:
    found = server.client.get("/v1/users/u1/segments", params={"only": "newsletter,vip"}).json()
    assert found == {"user_id": "u1", "segments": ["newsletter"], "updated_at": "2023-11-14T22:13:21.000Z"}
    assert server.client.get("/v1/users/u1/segments?only=vip").json()["segments"] == []


@pytest.mark.parametrize("part", ["", "/segments", "/changes"])
def test_unknown_erased_and_merged_users_are_not_found(server: Serving, part: str) -> None:
    for user, more in (("nobody", {}), ("gone", {}), ("visitor", {"merged_into": "u1"})):
        found = server.client.get(f"/v1/users/{user}{part}")
        assert found.status_code == 404
        assert found.headers["content-type"] == "application/problem+json"
        assert {key: value for key, value in found.json().items() if key == "merged_into"} == more


def test_an_id_may_hold_anything(server: Serving) -> None:
    path = f"/v1/users/{quote(STRANGE, safe='')}"
    assert server.client.get(path).json()["user_id"] == STRANGE
    assert server.client.get(f"{path}/segments").json()["segments"] == ["high_value"]


def test_changes_come_newest_first_and_go_on(server: Serving) -> None:
    found = server.client.get("/v1/users/u0/changes?limit=2").json()
    assert [change["id"] for change in found["changes"]] == ["u0:3", "u0:2"]
    rest = server.client.get(f"/v1/users/u0/changes?limit=2&before={found['before']}").json()
    assert [change["id"] for change in rest["changes"]] == ["u0:1"]
    assert rest["before"] is None


def test_segments_have_sizes_and_the_texts_of_the_definition(server: Serving) -> None:
    found = server.client.get("/v1/segments").json()
    by_name = {segment["name"]: segment for segment in found["segments"]}
    assert (found["users"], found["today"]) == (21, "2023-11-16")
    assert by_name["high_value"]["members"] == 2
    assert by_name["high_value"]["entered_today"] == 1
    assert by_name["newsletter"]["left_today"] == 1
    assert by_name["high_value"]["condition"] == "revenue_90d >= 500"
    assert server.client.get("/v1/segments/high_value").json() == by_name["high_value"]
    assert server.client.get("/v1/segments/none").status_code == 404


def test_members_come_a_page_at_a_time(server: Serving) -> None:
    seen, after = [], ""
    while after is not None:
        page = server.client.get("/v1/segments/newsletter/members", params={"limit": 8, "after": after}).json()
        seen += [member["user_id"] for member in page["members"]]
        after = page["after"]
    assert seen == sorted(f"u{number}" for number in range(1, 20))


def test_a_history_ends_with_the_members_of_now(server: Serving) -> None:
    found = server.client.get("/v1/segments/newsletter/history?step=1d").json()
    assert [(step["members"], step["entered"], step["left"], step["ended"]) for step in found["steps"]] == [
        (20, 22, 0, 2),
        (20, 0, 0, 0),
        (19, 0, 1, 0),
    ]
    earlier = server.client.get("/v1/segments/newsletter/history?step=1d&to=2023-11-15T00:00:00Z").json()
    assert earlier["steps"][-1]["members"] == 20
    for times in ("from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", "from=0001-01-01T00:00:00Z"):
        ever = server.client.get(f"/v1/segments/newsletter/history?{times}").json()["steps"]
        assert ever[0]["time"] == "1970-01-01T00:00:00.000Z"
        assert ever[-1]["members"] == 19
        assert sum(step["entered"] for step in ever) == 22
    after = server.client.get("/v1/segments/newsletter/history?from=9998-01-01T00:00:00Z&to=9999-01-01T00:00:00Z")
    assert after.json()["steps"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/users/u1/changes?limit=0",
        "/v1/users/u1/changes?limit=1e3",
        "/v1/users/u1/changes?before=-1",
        "/v1/segments/newsletter/members?limit=1001",
        "/v1/segments/newsletter/history?from=yesterday",
        "/v1/segments/newsletter/history?step=7s",
        "/v1/segments/newsletter/history?step=5m&from=1970-01-01T00:00:00Z",
        "/v1/segments/newsletter/history?from=2024-01-01T00:00:00Z&to=2023-01-01T00:00:00Z",
        "/v1/users/" + "x" * 257,
        "/v1/users/%ff",
        "/v1/segments/" + "x" * 257,
        "/v1/changes/stream?user=" + "x" * 257,
    ],
)
def test_what_cannot_be_answered_is_a_problem_that_says_why(server: Serving, path: str) -> None:
    found = server.client.get(path)
    assert found.status_code == 400
    assert found.headers["content-type"] == "application/problem+json"
    assert found.headers["cache-control"] == "no-store"
    assert found.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/user/u1", "/nowhere-u1", "/segments/newsletter/members", "/_nicegui/nothing.js"])
def test_where_nothing_has_the_address_programs_are_told_what_there_is(server: Serving, path: str) -> None:
    found = server.client.get(path)
    assert (found.status_code, found.headers["content-type"]) == (404, "application/problem+json")
    detail = found.json()["detail"]
    assert all(part in detail for part in ("/v1/users/{user_id}, ", "/v1/changes/stream", "/openapi.json", "page at /"))


def test_where_nothing_has_the_address_people_get_a_page_and_it_is_not_logged(server: Serving) -> None:
    found = server.client.get("/nowhere/alice@example.com", headers={"accept": "text/html,*/*;q=0.8"})
    assert found.status_code == 404
    assert "Nothing has this address" in found.text
    assert "/segments/NAME" in found.text
    assert server.client.get("/healthz").status_code == 200
    assert "alice" not in "".join(server.said)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_nothing_but_get_and_head_is_answered(server: Serving, method: str) -> None:
    for path in ("/v1/users/u1", "/", "/nowhere", "/_nicegui_ws/socket.io/"):
        found = server.client.request(method, path)
        assert (found.status_code, found.headers["allow"]) == (405, "GET, HEAD")


def test_head_is_get_without_a_body(server: Serving) -> None:
    found = server.client.head("/v1/users/u1")
    assert (found.status_code, found.content) == (200, b"")
    assert found.headers["content-length"] == str(len(server.client.get("/v1/users/u1").content))
    assert server.client.head("/v1/changes/stream").status_code == 200


def test_other_names_of_this_machine_are_refused(server: Serving) -> None:
    for host in ("evil.example", "[", "[::1", ""):
        found = server.client.get("/v1/users/u1", headers={"host": host})
        assert (found.status_code, found.headers["content-type"]) == (403, "application/problem+json"), host


@pytest.mark.parametrize("before", ["x", "-1", "0", "9" * 30])
def test_a_users_page_that_is_asked_for_no_place_in_the_history_shows_the_newest(server: Serving, before: str) -> None:
    found = server.client.get(f"/users/u0?before={before}", headers={"accept": "text/html"})
    assert (found.status_code, found.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "2023-11-16T22:13:20.001Z" in found.text


def test_addresses_of_ten_megabytes_are_refused_unread(server: Serving) -> None:
    host, port = server.address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        answer = b""
        with contextlib.suppress(OSError):  # cut off while it was sending
            client.sendall(b"GET /v1/users/" + b"x" * 10_000_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n")
        with contextlib.suppress(OSError):
            answer = client.recv(100)
    assert not answer or answer.startswith(b"HTTP/1.1 400")
    assert server.client.get("/healthz").status_code == 200


@pytest.mark.parametrize("user", ["..", "%2e%2e", "..%2f..%2fetc%2fpasswd", "%00", "a%2F..%2Fu1"])
def test_ids_are_no_paths(server: Serving, user: str) -> None:
    with socket.create_connection(server.address.removeprefix("http://").split(":"), timeout=20) as client:  # type: ignore[arg-type]
        client.sendall(f"GET /v1/users/{user} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 404")


def test_it_describes_itself_and_its_answers_are_as_described(server: Serving) -> None:
    described = server.client.get("/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    schemas = described["components"]["schemas"]
    for path, place in (
        ("/v1/users/u1", "/v1/users/{user_id}"),
        ("/v1/users/u1/segments", "/v1/users/{user_id}/segments"),
        ("/v1/users/u0/changes", "/v1/users/{user_id}/changes"),
        ("/v1/segments", "/v1/segments"),
        ("/v1/segments/newsletter", "/v1/segments/{name}"),
        ("/v1/segments/newsletter/members", "/v1/segments/{name}/members"),
        ("/v1/segments/newsletter/history", "/v1/segments/{name}/history"),
        ("/v1/clusters", "/v1/clusters"),
        ("/v1/predictions", "/v1/predictions"),
        ("/healthz", "/healthz"),
    ):
        schema = described["paths"][place]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        whole = json.loads(json.dumps({**schema, "components": {"schemas": schemas}}))
        jsonschema.Draft202012Validator(whole).validate(server.client.get(path).json())


def test_it_describes_what_may_be_asked_and_what_is_refused(server: Serving) -> None:
    paths = server.client.get("/openapi.json").json()["paths"]
    asked = {path: {one["name"]: one["schema"] for one in paths[path]["get"].get("parameters", ())} for path in paths}
    number = {"type": "integer", "minimum": 1, "maximum": 1_000}
    for path in ("/v1/users/{user_id}/changes", "/v1/segments/{name}/members"):
        assert number.items() <= asked[path]["limit"].items()
    history = asked["/v1/segments/{name}/history"]
    assert (history["from"]["format"], history["to"]["format"]) == ("date-time", "date-time")
    assert re.fullmatch(history["step"]["pattern"], "1.5h")
    for path, told in asked.items():
        answers = paths[path]["get"]["responses"]
        for name in ("user_id", "name"):
            assert (name in told) == ("{" + name + "}" in path)
            assert name not in told or (told[name]["minLength"], told[name]["maxLength"], "400" in answers) == (
                1,
                256,
                True,
            )
        assert list(answers["default"]["content"]) == ["application/problem+json"]
    assert {"400", "503"} <= set(paths["/v1/changes/stream"]["get"]["responses"])


def test_metrics_tell_of_segments_dead_letters_and_lag(server: Serving) -> None:
    lines = server.client.get("/metrics").text.splitlines()
    assert 'livesegments_serve_segment_members{segment="newsletter"} 19.0' in lines
    assert 'livesegments_serve_segment_changes_total{change="exited",segment="newsletter"} 1.0' in lines
    assert 'livesegments_serve_dead_letters_total{reason="missing_user"} 1.0' in lines
    assert "livesegments_serve_lag_offsets 0.0" in lines
    assert "livesegments_serve_users 21.0" in lines
