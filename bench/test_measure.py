"""Holds the harness to its promises: `python3 bench/test_measure.py`."""

import sys
import unittest

import measure
from measure import Contestant, compare, interval

SLEEPLESS = "print('same')"


def python(name, program, **options):
    return Contestant(name, [sys.executable, "-c", program], **options)


def reported(name, seconds, checksum="[1.0]"):
    program = f"import json; print(json.dumps({{'seconds': {seconds}, 'checksum': {checksum}}}))"
    return python(name, program, timed="reported")


class Measure(unittest.TestCase):
    def test_a_wrong_result_is_never_timed(self):
        result = compare("t", [python("ours", SLEEPLESS), python("theirs", "print('other')")], rounds=2)
        self.assertIn("results differ", result["verdict"])
        self.assertTrue(result["differs"])
        self.assertEqual(result["rows"], [])

    def test_a_contestant_that_fails_is_absent_not_fast(self):
        result = compare("t", [python("ours", SLEEPLESS), python("theirs", "raise SystemExit(3)")], rounds=2)
        self.assertEqual([absent["name"] for absent in result["absent"]], ["theirs"])
        self.assertEqual([row["name"] for row in result["rows"]], ["null", "ours"])

    def test_without_our_own_side_nothing_is_evaluated(self):
        result = compare("t", [Contestant("ours", ["/nonexistent"]), python("theirs", SLEEPLESS)], rounds=2)
        self.assertIn("our own side did not run", result["verdict"])

    def test_a_restless_null_withholds_the_verdict(self):
        restless = reported("ours", "__import__('random').random() + 0.01")
        self.assertIn("null interval", compare("t", [restless], rounds=9)["verdict"])

    def test_a_loss_is_a_ratio_above_one(self):
        result = compare("t", [reported("ours", 2.0), reported("theirs", 1.0)], rounds=7)
        self.assertEqual(result["verdict"], "measured")
        self.assertEqual([result["rows"][2][key] for key in ("ratio", "low", "high")], [2.0, 2.0, 2.0])

    def test_a_spent_budget_leaves_three_rounds(self):
        result = compare("t", [reported("ours", 1.0)], rounds=7, budget_seconds=0)
        self.assertEqual((result["rounds"], len(result["rows"][1]["seconds"])), (3, 3))
        self.assertEqual(compare("t", [reported("ours", 1.0)], rounds=4, budget_seconds=1e9)["rounds"], 4)

    def test_the_interval_holds_the_median_and_repeats(self):
        ratios = [1.0, 1.1, 0.9, 1.05, 0.95, 1.2, 1.0]
        median, low, high = interval(ratios)
        self.assertEqual(median, 1.0)
        self.assertTrue(0.9 <= low <= median <= high <= 1.2)
        self.assertEqual(interval(ratios), (median, low, high))

    def test_reported_processor_time_is_the_child_s_own(self):
        idle = measure.run_once(python("idle", "import time; time.sleep(0.5); print(1)"))
        self.assertLess(idle.seconds, 0.4)


if __name__ == "__main__":
    unittest.main()
