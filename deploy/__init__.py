"""How FizzStat's processes are started, and the configurations that they are started with.

run.py            `fizzstat run`: all of them on this machine, in the foreground
serve.py          `fizzstat collect` and `fizzstat dashboard`: one of them, as uWSGI
checks.py         what can stand in the way of a start, said before anything starts
logs.py           the errors in the processes' logs, for the terminal
venv              makes .venv; what `make` calls
supervisord.conf, uwsgi.ini, redis.conf   the very files that `make run` uses
"""
