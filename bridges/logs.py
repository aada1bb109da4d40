"""What the bridge writes down of itself: lines for people, or objects for programs."""

import json
import logging

PLAIN = "%(asctime)s %(levelname)s %(name)s %(message)s"
FORMATS = ("text", "json")


class AsJson(logging.Formatter):
    """One object for each line."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(format: str) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(AsJson() if format == "json" else logging.Formatter(PLAIN))
    root = logging.getLogger()
    root.handlers[:] = [handler]
