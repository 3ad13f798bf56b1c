//! Creation and random streams.

use super::operators;
use super::rules::{EXACT, NORMAL, QUOTIENT};

operators! {
    arange() {
        end: "Scalar", dtype: "ScalarType?", layout: "Layout?", device: "Device?", pin_memory: "bool?"
    } EXACT;
    arange.start() {
        start: "Scalar", end: "Scalar", dtype: "ScalarType?", layout: "Layout?", device: "Device?",
        pin_memory: "bool?"
    } EXACT;
    arange.start_step() {
        start: "Scalar", end: "Scalar", step: "Scalar", dtype: "ScalarType?", layout: "Layout?",
        device: "Device?", pin_memory: "bool?"
    } EXACT;
    linspace() {
        start: "Scalar", end: "Scalar", steps: "int", dtype: "ScalarType?", layout: "Layout?",
        device: "Device?", pin_memory: "bool?"
    } QUOTIENT;
    zeros() {
        size: "SymInt[]", dtype: "ScalarType?", layout: "Layout?", device: "Device?",
        pin_memory: "bool?"
    } EXACT;
    ones() {
        size: "SymInt[]", dtype: "ScalarType?", layout: "Layout?", device: "Device?",
        pin_memory: "bool?"
    } EXACT;
    full() {
        size: "SymInt[]", fill_value: "Scalar", dtype: "ScalarType?", layout: "Layout?",
        device: "Device?", pin_memory: "bool?"
    } EXACT;
    eye() {
        n: "SymInt", dtype: "ScalarType?", layout: "Layout?", device: "Device?", pin_memory: "bool?"
    } EXACT;
    eye.m() {
        n: "SymInt", m: "SymInt", dtype: "ScalarType?", layout: "Layout?", device: "Device?",
        pin_memory: "bool?"
    } EXACT;
    rand.generator() {
        size: "SymInt[]", generator: "Generator?", dtype: "ScalarType?", layout: "Layout?",
        device: "Device?", pin_memory: "bool?"
    } EXACT;
    randn.generator() {
        size: "SymInt[]", generator: "Generator?", dtype: "ScalarType?", layout: "Layout?",
        device: "Device?", pin_memory: "bool?"
    } NORMAL;
    randint.generator() {
        high: "SymInt", size: "SymInt[]", generator: "Generator?", dtype: "ScalarType?",
        layout: "Layout?", device: "Device?", pin_memory: "bool?"
    } EXACT;
    randint.low_generator() {
        low: "SymInt", high: "SymInt", size: "SymInt[]", generator: "Generator?", dtype: "ScalarType?",
        layout: "Layout?", device: "Device?", pin_memory: "bool?"
    } EXACT;
    randperm.generator() {
        n: "SymInt", generator: "Generator?", dtype: "ScalarType?", layout: "Layout?",
        device: "Device?", pin_memory: "bool?"
    } EXACT;
    bernoulli(self: tensor) { generator: "Generator?" } EXACT;
}
