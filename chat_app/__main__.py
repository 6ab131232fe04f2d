"""`python -m chat_app` is `research-chat`."""

import sys

from chat_app.cli import main

sys.exit(main())
