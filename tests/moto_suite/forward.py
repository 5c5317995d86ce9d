"""A pytest plugin: moto's calls go to the account, its reset becomes the account's, and every result is written down."""

import http.client
import http.server
import inspect
import json
import os
import re
import socket
import threading
import urllib.parse

import pytest

ENDPOINT = urllib.parse.urlsplit(os.environ["BASELINE_ENDPOINT"])
RESULTS = os.environ["BASELINE_RESULTS"]

# How the account says that it does not have something.
REFUSED_BY_NAME = [
    b"is not an operation of",
    b"Could not find operation",
    b"No service of the sandbox",
    b"implies functionality that is not implemented",
    b"The account in memory does not have",
]
refusals = []


class Forwarder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def forward(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path
        if path.startswith("/moto-api/"):
            if path != "/moto-api/reset":
                refusals.append(f"moto's own {path.split('?')[0]}")
                self.answer(404, [], b"{}")
                return
            path = "/_sandbox/reset"
        connection = http.client.HTTPConnection(ENDPOINT.hostname, ENDPOINT.port)
        connection.putrequest(self.command, path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("connection", "expect"):
                connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        content = response.read()
        # A refusal has a body only where the method allows one.
        known = any(words in content for words in REFUSED_BY_NAME) or response.status == 501
        if response.status >= 400 and known:
            text = content.decode(errors="replace")
            target = self.headers.get("x-amz-target") or text[:400]
            refusals.append(f"{self.command} {path.split('?')[0]} {target}")
        self.answer(response.status, response.getheaders(), content)
        connection.close()

    def answer(self, status, headers, content):
        self.send_response_only(status)
        length = str(len(content))
        for name, value in headers:
            if name.lower() == "content-length" and self.command == "HEAD":
                length = value
            elif name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        if status not in (204, 304):
            self.send_header("content-length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_OPTIONS = do_PATCH = forward

    def log_message(self, *_arguments):
        pass


def on_this_machine(host, *arguments, resolve=socket.getaddrinfo, **named):
    # Accounts and buckets stand before the name of this machine, and not every resolver knows such names.
    return resolve("127.0.0.1" if str(host).endswith(".localhost") else host, *arguments, **named)


def pytest_configure(config):
    socket.getaddrinfo = on_this_machine
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Forwarder)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["TEST_SERVER_MODE_ENDPOINT"] = f"http://localhost:{server.server_address[1]}"
    config.addinivalue_line("markers", "aws_verified: moto ran it against AWS")
    config.addinivalue_line("markers", "requires_docker: needs Docker")


def is_verified(item):
    # Some say it with a mark, the others with a decorator of their own.
    source = inspect.getsource(item.function)
    return item.get_closest_marker("aws_verified") is not None or re.search(r"^\s*@\w*aws_verified", source, re.M) is not None


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    if call.when == "setup":
        item.refused_from = len(refusals)
    report = (yield).get_result()
    if call.when == "call" or (call.when == "setup" and report.outcome != "passed"):
        message = "" if call.excinfo is None else f"{call.excinfo.typename}: {call.excinfo.value}"
        result = {
            "test": item.nodeid.removeprefix("tests/"),
            "outcome": report.outcome,
            "verified": is_verified(item),
            "refusals": refusals[item.refused_from :],
            "message": message[:600],
            "where": report.longreprtext.rsplit("\n", 1)[-1][-200:] if report.failed else "",
        }
        with open(RESULTS, "a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
