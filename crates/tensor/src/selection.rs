//! Selections and sorts that are not stable, with the order of equal elements that PyTorch's kernels leave.
//!
//! Which of several equal elements `topk`, `mode` and `kthvalue` name is seen in the positions and in the gradient, and
//! follows from the steps of the algorithms alone: those of libstdc++'s `nth_element`, `sort` and `partial_sort`
//! (quicksort by the median of three, finished by insertion, with heaps where it goes too deep), and a quickselect of
//! PyTorch's own. All of them work on positions; `before` compares two.

/// Rows this short are sorted by insertion.
const SHORT: usize = 16;

fn depth(len: usize) -> u32 {
    2 * len.checked_ilog2().unwrap_or(0)
}

/// Moves each position before the ones that it precedes; equal ones keep their order.
fn insertion_sort(places: &mut [usize], before: &impl Fn(usize, usize) -> bool) {
    for i in 1..places.len() {
        let mut at = i;
        while at > 0 && before(places[at], places[at - 1]) {
            places.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Parts a row of at least four at the median of its second, middle and last element. The parts meet at the result.
fn partition(places: &mut [usize], before: &impl Fn(usize, usize) -> bool) -> usize {
    let (a, b, c) = (1, places.len() / 2, places.len() - 1);
    let ahead = |places: &[usize], x: usize, y: usize| before(places[x], places[y]);
    let median = if ahead(places, a, b) {
        if ahead(places, b, c) {
            b
        } else if ahead(places, a, c) {
            c
        } else {
            a
        }
    } else if ahead(places, a, c) {
        a
    } else if ahead(places, b, c) {
        c
    } else {
        b
    };
    places.swap(0, median);
    let (mut low, mut high) = (1, places.len());
    loop {
        while ahead(places, low, 0) {
            low += 1;
        }
        high -= 1;
        while ahead(places, 0, high) {
            high -= 1;
        }
        if low >= high {
            return low;
        }
        places.swap(low, high);
        low += 1;
    }
}

/// Puts `value` into the heap from a hole down, and then up to where it belongs.
fn sift(heap: &mut [usize], top: usize, value: usize, before: &impl Fn(usize, usize) -> bool) {
    let len = heap.len();
    let (mut hole, mut child) = (top, top);
    while child < len.saturating_sub(1) / 2 {
        child = 2 * (child + 1);
        if before(heap[child], heap[child - 1]) {
            child -= 1;
        }
        heap[hole] = heap[child];
        hole = child;
    }
    if len.is_multiple_of(2) && len >= 2 && child == (len - 2) / 2 {
        child = 2 * (child + 1);
        heap[hole] = heap[child - 1];
        hole = child - 1;
    }
    while hole > top && before(heap[(hole - 1) / 2], value) {
        heap[hole] = heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    heap[hole] = value;
}

/// The first `count` in a heap whose root is the last of them, the others behind it.
fn heap_select(places: &mut [usize], count: usize, before: &impl Fn(usize, usize) -> bool) {
    if count == 0 {
        return;
    }
    for parent in (0..count / 2).rev() {
        let value = places[parent];
        sift(&mut places[..count], parent, value, before);
    }
    for i in count..places.len() {
        if before(places[i], places[0]) {
            let value = places[i];
            places[i] = places[0];
            sift(&mut places[..count], 0, value, before);
        }
    }
}

/// The first `count` in order: `std::partial_sort`.
pub(crate) fn partial_sort(places: &mut [usize], count: usize, before: &impl Fn(usize, usize) -> bool) {
    heap_select(places, count, before);
    for last in (1..count).rev() {
        let value = places[last];
        places[last] = places[0];
        sift(&mut places[..last], 0, value, before);
    }
}

/// The element of rank `nth` in its place, smaller ones before it: `std::nth_element`.
pub(crate) fn nth_element(places: &mut [usize], nth: usize, before: &impl Fn(usize, usize) -> bool) {
    let (mut first, mut last) = (0, places.len());
    if nth >= last {
        return;
    }
    let mut left = depth(last);
    while last - first > 3 {
        if left == 0 {
            heap_select(&mut places[first..last], nth + 1 - first, before);
            places.swap(first, nth);
            return;
        }
        left -= 1;
        let cut = first + partition(&mut places[first..last], before);
        if cut <= nth {
            first = cut;
        } else {
            last = cut;
        }
    }
    insertion_sort(&mut places[first..last], before);
}

/// All in order: `std::sort`.
pub(crate) fn sort(places: &mut [usize], before: &impl Fn(usize, usize) -> bool) {
    part(places, depth(places.len()), before);
    insertion_sort(places, before);
}

fn part(places: &mut [usize], mut left: u32, before: &impl Fn(usize, usize) -> bool) {
    let mut last = places.len();
    while last > SHORT {
        if left == 0 {
            return partial_sort(&mut places[..last], last, before);
        }
        left -= 1;
        let cut = partition(&mut places[..last], before);
        part(&mut places[cut..last], left, before);
        last = cut;
    }
}

/// The element of rank `k` in its place, by quickselect with the median of the first, middle and last.
pub(crate) fn quick_select(places: &mut [usize], k: usize, after: &impl Fn(usize, usize) -> bool) {
    let (mut first, mut last) = (0, places.len().saturating_sub(1));
    loop {
        if last <= first {
            return;
        }
        if last == first + 1 {
            if after(places[first], places[last]) {
                places.swap(first, last);
            }
            return;
        }
        places.swap(first.midpoint(last), first + 1);
        for (a, b) in [(first + 1, last), (first, last), (first + 1, first)] {
            if after(places[a], places[b]) {
                places.swap(a, b);
            }
        }
        let pivot = places[first];
        let (mut low, mut high) = (first + 1, last);
        loop {
            low += 1;
            while after(pivot, places[low]) {
                low += 1;
            }
            high -= 1;
            while after(places[high], pivot) {
                high -= 1;
            }
            if high < low {
                break;
            }
            places.swap(low, high);
        }
        places.swap(first, high);
        if high <= k {
            first = low;
        }
        if high >= k {
            last = high.saturating_sub(1);
        }
    }
}
