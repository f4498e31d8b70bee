"""FizzStat in Kibana: data views and a dashboard, as saved objects.

board.py      what is on the dashboard, to be read and changed
objects.py    how Kibana writes data views, panels, maps and dashboards
fizzstat.ndjson   the result for the default index prefix, for Kibana's own import page (Stack Management, Saved Objects);
                  made anew by `.venv/bin/python -m deploy.kibana`
"""

import json

from deploy.kibana.board import board


def saved_objects(prefix: str) -> str:
    """The NDJSON of all objects, for indices that begin with `prefix` (FIZZSTAT_INDEX_PREFIX)."""
    return "".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) + "\n" for one in board(prefix))
