use super::{DropOut, History, Model, fit, gauss};

/// The parameters that the paper publishes for the CDNOW customers.
fn cdnow() -> Model {
    let drop_out = Some(DropOut { a: 0.793, b: 2.426 });
    Model { r: 0.243, alpha: 4.414, drop_out, log_likelihood: -9582.4, customers: 2357, returned: 946 }
}

fn near(found: f64, published: f64, by: f64) {
    assert!((found - published).abs() <= by, "{found} is not {published}");
}

#[test]
fn the_worked_example_of_the_paper() {
    let customer = History { repeats: 2.0, last: 30.43, age: 38.86 };
    near(cdnow().expected(&customer, 39.0), 1.226, 5e-4);
    near(cdnow().alive(&customer), 0.7266, 1e-4);
    near(cdnow().again(&customer, 39.0), 0.5546, 1e-4);
}

#[test]
fn who_bought_once_is_alive_and_yet_may_not_come_again() {
    let once = History { repeats: 0.0, last: 0.0, age: 38.86 };
    near(cdnow().alive(&once), 1.0, 0.0);
    assert!(cdnow().again(&once, 39.0) < 0.2);
}

#[test]
fn the_series_agrees_with_closed_forms() {
    // 2F1(1, 1; 2; z) = -ln(1 - z) / z, and 2F1(a, b; b; z) = (1 - z)^-a: Abramowitz & Stegun 15.1.3 and 15.1.8.
    near(gauss(1.0, 1.0, 2.0, 0.9), -(0.1f64.ln()) / 0.9, 1e-12);
    near(gauss(0.7, 3.0, 3.0, 0.5), 0.5f64.powf(-0.7), 1e-12);
}

#[test]
fn the_poles_of_the_formula_are_smooth() {
    let customer = History { repeats: 2.0, last: 30.0, age: 40.0 };
    let at = |a| Model { drop_out: Some(DropOut { a, b: 2.4 }), ..cdnow() }.expected(&customer, 20.0);
    near(at(1.0), (at(0.999) + at(1.001)) / 2.0, 1e-4);
}

#[test]
fn too_little_is_told_and_not_guessed() {
    let histories = vec![History { repeats: 1.0, last: 2.0, age: 10.0 }; 49];
    assert_eq!(fit(&histories), None);
    let nobody_returned = vec![History { repeats: 0.0, last: 0.0, age: 10.0 }; 500];
    assert_eq!(fit(&nobody_returned), None);
}

/// A shop whose customers come as regularly at the end as at the beginning knows no drop-out.
#[test]
fn customers_who_never_stop_have_no_drop_out() {
    let history = |n: i32| {
        let repeats = f64::from(1 + n % 7);
        History { repeats, last: 40.0 * repeats / (repeats + 0.3), age: 40.0 }
    };
    let model = fit(&(0..400).map(history).collect::<Vec<_>>()).unwrap();
    assert_eq!(model.drop_out, None);
    near(model.alive(&history(3)), 1.0, 0.0);
    assert!(model.expected(&history(6), 10.0) > model.expected(&history(0), 10.0));
}
