//! Secrets, which stand in the environment and never in the config: the config has the names.
//!
//! A [`Variable`] is such a name, a [`Template`] a text with names in it, a [`Secret`] what comes of
//! them when a source starts. The keys of the config that hold them are read here too. Nothing here
//! reads the environment before it is asked to.

use std::fmt;
use std::str::FromStr;

use toml::de::DeValue;

use crate::hint::Hint;
use crate::keys::problem::Problem;
use crate::keys::table::Table;
use crate::keys::value::{Value, string, wrong_type};

use super::token;

/// A longer value of a header, or a longer text to send, is refused.
pub(super) const MAX_TEXT: usize = 8000;

/// A longer name is taken for a secret that was put where its name belongs.
const MAX_NAME: usize = 40;

/// The name of an environment variable: letters, digits and `_`, and no digit first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variable(String);

/// A text in which `${NAME}` stands for the value of an environment variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Each text with the variable that follows it.
    parts: Vec<(String, Variable)>,
    end: String,
}

/// What nobody may read in a log: shown as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// Why a variable gives no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Missing {
    /// There is none of that name, or nothing in it.
    #[error("the environment variable `{0}` is not set")]
    Unset(Variable),
    /// Its value is not text.
    #[error("the environment variable `{0}` is not UTF-8 text")]
    NotText(Variable),
    /// Its value cannot be an access token: what it is instead, and nothing of the value itself.
    #[error("the environment variable `{0}` holds {1}, and no access token")]
    NotAToken(Variable, &'static str),
}

impl Hint for Missing {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Missing::Unset(_) | Missing::NotText(_) => {
                "set it before the start, for example in the shell: export NAME=value"
            }
            Missing::NotAToken(..) => {
                "set it to the token alone, as the network shows it, without anything around it"
            }
        })
    }
}

/// Why a text cannot be the name of an environment variable. Says nothing of the text itself, which
/// may be the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of an environment variable: letters, digits and `_`, at most 40 of them")]
pub struct NotAName;

/// Why a text is no template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A `${` without its `}`.
    #[error("a `${{` has no `}}` after it")]
    Open,
    /// What stands between them is no name.
    #[error("what stands in `${{…}}` is {0}")]
    Name(#[from] NotAName),
}

impl Variable {
    /// Its value now, without white space around it, which files of secrets end with.
    ///
    /// # Errors
    /// If it is not set, or to nothing, or not to text.
    pub fn read(&self) -> Result<Secret, Missing> {
        match std::env::var(&self.0) {
            Ok(value) if !value.trim().is_empty() => Ok(Secret(value.trim().to_owned())),
            Ok(_) | Err(std::env::VarError::NotPresent) => Err(Missing::Unset(self.clone())),
            Err(std::env::VarError::NotUnicode(_)) => Err(Missing::NotText(self.clone())),
        }
    }

    /// Its value now as an access token, without what people put around one.
    ///
    /// # Errors
    /// If it has none, or one that is no token.
    pub fn read_token(&self) -> Result<Secret, Missing> {
        let value = self.read()?;
        let refuse = |what| Missing::NotAToken(self.clone(), what);
        token::token(&value.0, &self.0).map(Secret::new).map_err(refuse)
    }
}

impl FromStr for Variable {
    type Err = NotAName;

    fn from_str(name: &str) -> Result<Variable, NotAName> {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let first_fits = name.starts_with(|c: char| is_word(c) && !c.is_ascii_digit());
        let fits = first_fits && name.len() <= MAX_NAME && name.chars().all(is_word);
        fits.then(|| Variable(name.to_owned())).ok_or(NotAName)
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Template {
    /// The variables in it, in their order.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().map(|(_, variable)| variable)
    }

    /// The text with the values in it.
    ///
    /// # Errors
    /// The first variable that `read` has no value for; outside tests that is [`Variable::read`].
    pub fn fill(
        &self,
        read: impl Fn(&Variable) -> Result<Secret, Missing>,
    ) -> Result<Secret, Missing> {
        let mut text = String::new();
        for (before, variable) in &self.parts {
            text.push_str(before);
            text.push_str(read(variable)?.reveal());
        }
        text.push_str(&self.end);
        Ok(Secret(text))
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(mut text: &str) -> Result<Template, TemplateError> {
        let mut parts = Vec::new();
        while let Some((before, rest)) = text.split_once("${") {
            let (name, rest) = rest.split_once('}').ok_or(TemplateError::Open)?;
            parts.push((before.to_owned(), name.parse()?));
            text = rest;
        }
        Ok(Template { parts, end: text.to_owned() })
    }
}

impl Secret {
    /// A secret of that value.
    #[must_use]
    pub fn new(value: impl Into<String>) -> Secret {
        Secret(value.into())
    }

    /// The value, for the wire alone.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The environment variable that `key` names. If it names none, what stands there may be the secret
/// itself, and is not shown.
pub(crate) fn variable(table: &Table<'_>, key: &'static str) -> Option<Variable> {
    table.read(key, |value| {
        let text = string(key, value, Some("MY_TOKEN"))?;
        text.parse().map_err(|error| {
            let problem = Problem::new(value.span(), format!("`{key}` is {error}"));
            problem.conceal().hint(format!(
                "put the secret into an environment variable, and its name here: `{key} = \"MY_TOKEN\"`"
            ))
        })
    })
}

/// One text at `key`, or a list of up to `most`, with `${NAME}` in them.
pub(super) fn templates(table: &Table<'_>, key: &'static str, most: usize) -> Vec<Template> {
    let templates = table.read(key, |value| {
        let values: Vec<&Value<'_>> = match value.get_ref() {
            DeValue::String(_) => vec![value],
            DeValue::Array(array) => array.iter().collect(),
            _ => return Err(wrong_type(key, "text in quotes, or a list of texts", value)),
        };
        if values.len() > most {
            let message = format!("`{key}` has {} texts, and {most} are the most", values.len());
            return Err(Problem::new(value.span(), message));
        }
        let mut templates = Vec::new();
        for value in values {
            let template = string(key, value, None).and_then(|text| {
                let problem = |message: String| Problem::new(value.span(), message).conceal();
                if text.is_empty() || text.len() > MAX_TEXT {
                    return Err(problem(format!("`{key}` must have 1 to {MAX_TEXT} bytes")));
                }
                text.parse().map_err(|error| problem(format!("`{key}`: {error}")))
            });
            match template {
                Ok(template) => templates.push(template),
                Err(problem) => table.report(problem),
            }
        }
        Ok(templates)
    });
    templates.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_from_the_environment() {
        let template: Template = "Bearer ${A}-${B}!".parse().unwrap();
        assert_eq!(template.variables().map(|v| v.0.as_str()).collect::<Vec<_>>(), ["A", "B"]);
        let read = |variable: &Variable| Ok(Secret::new(format!("<{variable}>")));
        assert_eq!(template.fill(read).unwrap().reveal(), "Bearer <A>-<B>!");
        let plain: Template = "price: 5$ {x}".parse().unwrap();
        assert_eq!(plain.fill(read).unwrap().reveal(), "price: 5$ {x}");
    }

    #[test]
    fn a_variable_that_is_not_set_is_named() {
        let template: Template = "${HASHTUG_NOBODY_SETS_THIS}".parse().unwrap();
        assert_eq!(
            template.fill(Variable::read).unwrap_err().to_string(),
            "the environment variable `HASHTUG_NOBODY_SETS_THIS` is not set"
        );
    }

    #[test]
    fn values_are_not_unfolded_again() {
        let template: Template = "${A}".parse().unwrap();
        let filled = template.fill(|_| Ok(Secret::new("${B}"))).unwrap();
        assert_eq!(filled.reveal(), "${B}");
    }

    #[test]
    fn what_looks_like_a_secret_is_no_name() {
        for text in ["", "1A", "A-B", "AAAA%3D", "a.b", &"x".repeat(41), "${A}"] {
            assert_eq!(text.parse::<Variable>(), Err(NotAName), "{text}");
        }
        assert_eq!("${A".parse::<Template>(), Err(TemplateError::Open));
        assert_eq!("${}".parse::<Template>(), Err(TemplateError::Name(NotAName)));
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        assert_eq!(format!("{:?}", Some(Secret::new("hunter2"))), "Some(***)");
    }
}
