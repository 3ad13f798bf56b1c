"""Holds the harness to its promises: `python3 bench/test_measure.py`."""

import sys
import unittest

import measure
from measure import Contestant, compare, interval

SLEEPLESS = "print('same')"


def python(name, program, **options):
    return Contestant(name, [sys.executable, "-c", program], **options)


def reported(name, seconds, checksum="[1.0]", **options):
    program = f"import json; print(json.dumps({{'seconds': {seconds}, 'checksum': {checksum}}}))"
    return python(name, program, timed="reported", **options)


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
        result = compare("t", [restless], rounds=3, most=9)
        self.assertIn("null interval", result["verdict"])
        self.assertEqual(result["rounds"], 9)

    def test_a_quiet_null_ends_the_rounds(self):
        self.assertEqual(compare("t", [reported("ours", 1.0)], rounds=3)["rounds"], 3)

    def test_a_loss_is_a_ratio_above_one(self):
        result = compare("t", [reported("ours", 2.0), reported("theirs", 1.0)], rounds=7)
        self.assertEqual(result["verdict"], "measured")
        self.assertEqual([result["rows"][2][key] for key in ("ratio", "low", "high")], [2.0, 2.0, 2.0])

    def test_a_base_makes_a_measurement_for_the_judge(self):
        base = reported("base", 1.0, is_base=True)
        result = compare("t", [reported("ours", 2.0), base, reported("theirs", 4.0)], rounds=7)
        one = measure.measurement(result, {"commit": "a", "dirty": False}, {"commit": "b", "dirty": True})
        self.assertEqual(one["rounds"], [{"base_ns": 10**9, "candidate_ns": 2 * 10**9, "null_ns": 10**9}] * 7)
        self.assertEqual(one["base"]["checksum"], one["candidate"]["checksum"])
        self.assertEqual((one["base"]["commit"], one["candidate"]["dirty"]), ("a", True))
        alone = compare("t", [reported("ours", 2.0)], rounds=1)
        self.assertIsNone(measure.measurement(alone, {}, {}))

    def test_another_result_at_the_base_reaches_the_judge_without_a_time(self):
        base = reported("base", 1.0, checksum="[2.0]", is_base=True)
        result = compare("t", [reported("ours", 1.0), base], rounds=2)
        one = measure.measurement(result, {"commit": "a", "dirty": False}, {"commit": "b", "dirty": False})
        self.assertNotEqual(one["base"]["checksum"], one["candidate"]["checksum"])
        self.assertEqual(one["rounds"], [])
        self.assertTrue(result["differs"])

    def test_percentiles_are_nearest_ranks(self):
        # By hand: rank ceil(0.95 * 20) = 19, ceil(0.99 * 20) = 20.
        values = [float(n) for n in range(20, 0, -1)]
        self.assertEqual([measure.percentile(values, share) for share in (0.95, 0.99)], [19.0, 20.0])

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
