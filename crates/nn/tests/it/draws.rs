//! Functions that draw: PyTorch 2.15's results after `manual_seed(0)` on a host without Intel's generator.

use nn::{Arg, ErrorKind, Generator, Result, Variable};

use crate::{call, near, number, values};

fn drawn(name: &str, x: &Variable, rest: Vec<Arg<Variable>>) -> Result<Variable> {
    let args = [vec![x.into()], rest].concat();
    call(name, args, &[("generator", Generator::new(0).into())])
}

#[test]
fn zeros_fall_where_pytorch_drops() -> Result<()> {
    let ones = |sizes: &[usize]| values(&vec![1.0; sizes.iter().product()], sizes);
    let half = || vec![number(0.5), true.into()];
    let found = drawn("nn.functional.dropout", &ones(&[8])?, half())?;
    near(&found, &[0., 0., 2., 0., 0., 0., 2., 2.], "dropout")?;
    let found = drawn("nn.functional.dropout2d", &ones(&[1, 4, 1, 2])?, half())?;
    near(&found, &[0., 0., 0., 0., 2., 2., 0., 0.], "dropout2d")?;
    let found = drawn("nn.functional.alpha_dropout", &ones(&[4])?, half())?;
    near(&found, &[-0.779_193_94, -0.779_193_94, 1.665_598_9, -0.779_193_94], "alpha_dropout")
}

#[test]
fn slopes_are_drawn_below_zero_alone() -> Result<()> {
    let x = values(&[-1., 2., -3., 0.], &[4])?;
    let rest = vec![number(1.0 / 8.0), number(1.0 / 3.0), true.into()];
    let found = drawn("nn.functional.rrelu", &x, rest)?;
    near(&found, &[-0.327_094_38, 2., -0.817_387_46, 0.], "rrelu")
}

#[test]
fn nothing_is_drawn_in_evaluation() -> Result<()> {
    let x = values(&[1., -1.], &[2])?;
    let found = call("nn.functional.dropout", vec![(&x).into(), number(0.9), false.into()], &[])?;
    near(&found, &[1., -1.], "evaluation")?;
    let wrong = call("nn.functional.dropout", vec![(&x).into(), number(1.5)], &[]);
    assert_eq!(wrong.map(drop).map_err(|e| e.kind()), Err(ErrorKind::Value));
    Ok(())
}
