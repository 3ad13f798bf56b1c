"""The process behind `lumen record`: runs a plain script on Lumen's engines and tells whoever started it what each call
and each statement gave. `_talk.py` has what is said, `_run.py` runs the script.
"""
