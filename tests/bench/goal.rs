//! What the project promises, beside what was measured.

/// A sentence that says whether a goal is met.
pub fn at_most(what: &str, goal: f64, figure: f64) -> String {
    sentence(what, "at most", goal, figure, figure <= goal)
}

/// The same for a figure that should be large.
pub fn at_least(what: &str, goal: f64, figure: f64) -> String {
    sentence(what, "at least", goal, figure, figure >= goal)
}

fn sentence(what: &str, bound: &str, goal: f64, figure: f64, is_met: bool) -> String {
    let word = if is_met { "met" } else { "**not met**" };
    format!("\nGoal: {what} {bound} {goal}. Measured {figure:.2}: {word}.\n")
}
