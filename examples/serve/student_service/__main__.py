"""The command that starts the service.

python -m student_service student.onnx [--port 8000]
"""

import argparse
import sys

import uvicorn

from student_service.app import MAX_BYTES, MAX_ROWS, make_app
from student_service.load import load


def main():
    """Load the file, or say why that cannot be done, and serve it."""
    parser = argparse.ArgumentParser(prog="student_service", description=__doc__)
    parser.add_argument("file", help="student.onnx or student.skops")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--max-rows", type=int, default=MAX_ROWS, help="a request")
    parser.add_argument("--max-bytes", type=int, default=MAX_BYTES, help="a request")
    parser.add_argument("--access-log", action="store_true", help="a line a request")
    args = parser.parse_args()
    try:
        model = load(args.file)
    except (ImportError, OSError, TypeError, ValueError) as error:
        sys.exit(f"student_service: {error}")
    app = make_app(model, max_rows=args.max_rows, max_bytes=args.max_bytes)
    uvicorn.run(app, host=args.host, port=args.port, access_log=args.access_log)


if __name__ == "__main__":
    main()
