use autograd::*;
use std::collections::BTreeMap;
struct Tok<'a>(std::str::SplitAsciiWhitespace<'a>);
impl<'a> Tok<'a> {
    fn s(&mut self) -> &'a str {
        self.0.next().unwrap()
    }
    fn i(&mut self) -> i64 {
        self.s().parse().unwrap()
    }
    fn f(&mut self) -> f64 {
        let t = self.s();
        t.parse().unwrap()
    }
    fn tensor(&mut self) -> (Tensor, bool) {
        let dt = DType::parse(self.s()).unwrap();
        let req = self.i() == 1;
        let nd = self.i() as usize;
        let sizes: Vec<usize> = (0..nd).map(|_| self.i() as usize).collect();
        let strides: Vec<usize> = (0..nd).map(|_| self.i() as usize).collect();
        let off = self.i() as usize;
        let n = self.i() as usize;
        let vals: Vec<f64> = (0..n).map(|_| self.f()).collect();
        let t = Tensor::from_vec(vals, &[n]).unwrap().to_dtype(dt).unwrap();
        (t.as_strided(&sizes, &strides, off).unwrap(), req)
    }
    fn arg(&mut self, leaves: &mut Vec<Variable>) -> Arg<Variable> {
        match self.s() {
            "none" => Arg::None,
            "t" => {
                let (t, r) = self.tensor();
                let v: Variable = if r { Variable::parameter(t).unwrap() } else { t.into() };
                if r {
                    leaves.push(v.clone());
                }
                Arg::Tensor(v)
            }
            "ts" => {
                let n = self.i();
                Arg::Tensors(
                    (0..n)
                        .map(|_| match self.arg(leaves) {
                            Arg::Tensor(v) => Some(v),
                            _ => None,
                        })
                        .collect(),
                )
            }
            "i" => Arg::Scalar(Scalar::Int(self.i())),
            "b" => Arg::Scalar(Scalar::Bool(self.i() == 1)),
            "f" => Arg::Scalar(Scalar::Float(self.f())),
            "s" => {
                let s = self.0.clone().collect::<Vec<_>>().join(" ");
                Arg::Str(if s == "_" { String::new() } else { s })
            }
            "is" => {
                let n = self.i();
                Arg::Ints((0..n).map(|_| self.i()).collect())
            }
            "d" => match DType::parse(self.s()) {
                Ok(d) => Arg::DType(d),
                Err(_) => Arg::Str("baddtype".into()),
            },
            o => panic!("{o}"),
        }
    }
}
fn close(a: &Tensor, b: &Tensor) -> Option<String> {
    let (x, y) = (a.to_vec_as::<f64>().unwrap(), b.to_vec_as::<f64>().unwrap());
    let wide = b.dtype() == DType::F64;
    let (rt, at) = if wide { (1e-7, 1e-7) } else { (1.3e-6, 1e-5) };
    for (i, (p, q)) in x.iter().zip(&y).enumerate() {
        if p.is_nan() && q.is_nan() || p == q {
            continue;
        }
        if !((p - q).abs() <= at + rt * q.abs()) {
            return Some(format!("[{i}] {p} want {q}"));
        }
    }
    None
}
fn same(a: &Tensor, b: &Tensor, strict: bool) -> Option<String> {
    if a.dtype() != b.dtype() && !(a.dtype() == DType::F32 && b.dtype() == DType::F64 && !strict) {
        return Some(format!("dtype {} want {}", a.dtype(), b.dtype()));
    }
    if a.sizes() != b.sizes() {
        return Some(format!("sizes {:?} want {:?}", a.sizes(), b.sizes()));
    }
    if let Some(e) = close(a, b) {
        return Some(e);
    }
    if strict && a.numel() > 0 {
        for d in 0..a.dim() {
            if a.sizes()[d] > 1 && a.strides()[d] != b.strides()[d] {
                return Some(format!(
                    "strides {:?} want {:?} sizes {:?}",
                    a.strides(),
                    b.strides(),
                    a.sizes()
                ));
            }
        }
    }
    None
}
fn run(block: &[&str], target: &str) -> std::result::Result<bool, String> {
    let mut leaves = vec![];
    let mut pos = vec![];
    let mut named = vec![];
    let mut outs = vec![];
    let mut cot = vec![];
    let mut grads: Vec<Option<Tensor>> = vec![];
    let mut has = false;
    for line in block {
        let mut t = Tok(line.split_ascii_whitespace());
        match t.s() {
            "ARG" => {
                let k = t.s();
                let a = t.arg(&mut leaves);
                if k == "_" { pos.push(a) } else { named.push((k.to_string(), a)) }
            }
            "OUT" => {
                let n = t.i();
                for _ in 0..n {
                    t.s();
                    outs.push(t.tensor().0);
                }
            }
            k @ ("COT" | "GRAD") => {
                has = true;
                let n = t.i();
                for _ in 0..n {
                    let v = match t.s() {
                        "none" => None,
                        _ => Some(t.tensor().0),
                    };
                    if k == "COT" { cot.push(v) } else { grads.push(v) }
                }
            }
            _ => {}
        }
    }
    if target == "unrepresentable" {
        return Err("unrepresentable".into());
    }
    let found = if let Some(c) = composites().find(|c| c.name() == target) {
        c.call(pos, named)
    } else {
        let named =
            named.into_iter().map(|(k, v)| (if k == "input" { "self".to_string() } else { k }, v)).collect();
        call_named(target, pos, named)
    };
    let found = found.map_err(|e| format!("{e:?}"))?;
    if found.len() != outs.len() {
        return Err(format!("{} results want {}", found.len(), outs.len()));
    }
    for (a, b) in found.iter().zip(&outs) {
        if let Some(e) = same(a.data(), b, true) {
            return Err(e);
        }
    }
    if !has {
        return Ok(false);
    }
    let (mut roots, mut cs) = (vec![], vec![]);
    for (o, c) in found.iter().zip(cot) {
        if let Some(c) = c {
            if !o.requires_grad() {
                return Err("no grad_fn".into());
            }
            roots.push(o);
            cs.push(Some(c));
        } else if o.requires_grad() {
            return Err("grad_fn where none".into());
        }
    }
    let ls: Vec<&Variable> = leaves.iter().collect();
    let g = grad(&roots, &ls, &cs, false, true).map_err(|e| format!("grad {e:?}"))?;
    for (k, (a, b)) in g.iter().zip(&grads).enumerate() {
        match (a, b) {
            (None, None) => {}
            (Some(a), Some(b)) => {
                if let Some(e) = same(a, b, false) {
                    return Err(format!("grad {k}: {e}"));
                }
            }
            (Some(a), None) => {
                if a.to_vec_as::<f64>().unwrap().iter().any(|x| *x != 0.0) {
                    return Err(format!("grad {k} want none"));
                }
            }
            (None, Some(b)) => {
                if b.to_vec_as::<f64>().unwrap().iter().any(|x| *x != 0.0) {
                    return Err(format!("grad {k} missing"));
                }
            }
        }
    }
    Ok(true)
}
fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    let a: Vec<String> = std::env::args().skip(1).collect();
    let text = std::fs::read_to_string(&a[0]).unwrap();
    let mut res: BTreeMap<String, (usize, usize, Vec<String>)> = BTreeMap::new();
    let mut block: Vec<&str> = vec![];
    let (mut op, mut target, mut n) = ("", "", 0);
    for line in text.lines() {
        if let Some(h) = line.strip_prefix("SAMPLE ") {
            let (o, t) = h.split_once(' ').unwrap();
            if o != op {
                n = 0;
            }
            op = o;
            target = t;
            n += 1;
            block.clear();
        } else if line == "END" {
            if a.len() > 1 && !a[1..].iter().any(|x| x == op) {
                continue;
            }
            let e = res.entry(op.to_string()).or_default();
            e.0 += 1;
            match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&block, target))) {
                Ok(Ok(_)) => e.1 += 1,
                Ok(Err(m)) => e.2.push(format!("#{n} {target}: {m}")),
                Err(p) => e.2.push(format!("#{n} {target}: PANIC {:?}", p.downcast_ref::<String>())),
            }
        } else {
            block.push(line);
        }
    }
    let mut good = 0;
    for (k, (t, ok, fails)) in &res {
        if t == ok {
            good += 1;
            println!("ok {k} {t}");
        } else {
            println!(
                "FAIL {k} {ok}/{t} {}",
                fails
                    .iter()
                    .take(if a.len() > 1 { 8 } else { 1 })
                    .cloned()
                    .collect::<Vec<_>>()
                    .join("\n     ")
            );
        }
    }
    println!("{good}/{}", res.len());
}
