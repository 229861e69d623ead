import pytest
import uvicorn
from fastapi.testclient import TestClient

from commonwatt.kernel.errors import InvalidInput
from commonwatt.server.app import report_app
from commonwatt.server.loopback import listening, serve


@pytest.fixture
def folder(tmp_path):
    report = tmp_path / "report"
    report.mkdir()
    (report / "report.html").write_text("<h1>Study</h1>")
    (report / "result.json").write_text("{}")
    (tmp_path / "secret.txt").write_text("secret")
    (report / "inner").mkdir()
    (report / "inner" / "deep.txt").write_text("secret")
    (report / "link.txt").symlink_to(tmp_path / "secret.txt")
    return report


@pytest.fixture
def client(folder):
    return TestClient(report_app(folder), base_url="http://127.0.0.1")


def test_the_report_is_the_front_page(client):
    answer = client.get("/")
    assert answer.status_code == 200
    assert answer.text == "<h1>Study</h1>"
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_its_data_lies_beside_it(client):
    assert client.get("/result.json").json() == {}


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e%2fsecret.txt",
        "/inner/deep.txt",
        "/inner%2fdeep.txt",
        "/inner",
        "/link.txt",
        "/nothing.txt",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
    ],
)
def test_nothing_else_is_reachable(client, path):
    answer = client.get(path)
    assert answer.status_code == 404
    assert "secret" not in answer.text.replace("secret.txt", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_is_read_only(client, folder, method):
    assert client.request(method, "/result.json").status_code == 405
    assert (folder / "result.json").read_text() == "{}"


def test_a_foreign_host_name_is_refused(client):
    assert client.get("/", headers={"host": "evil.example"}).status_code == 400


def test_a_folder_without_a_report_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(InvalidInput, match=r"holds no report\.html"):
        report_app(tmp_path)


def test_any_free_port_on_the_loopback_only():
    with listening(0) as one:
        host, port = one.getsockname()
        assert host == "127.0.0.1"
        assert port > 0
        with pytest.raises(InvalidInput, match=f"port {port} cannot be opened"):
            listening(port)


def test_serving_announces_answers_and_stops(folder, monkeypatch):
    asked = []

    def run(server, sockets):
        host, port = sockets[0].getsockname()
        asked.append(f"http://{host}:{port}/")
        assert server.config.app.title == "commonwatt report"
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, "run", run)
    told = []
    serve(folder, 0, told.append)
    assert told == asked
