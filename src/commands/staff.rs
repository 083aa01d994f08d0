use super::Failure;
use crate::state;
use admin::staff::{self, Newcomer};
use admin::{roles, second_factor};
use clap::{Args, Subcommand};
use crm::email::Email;
use kernel::Error;
use kernel::clock::Clock;
use kernel::config::Config;
use std::io::BufRead;
use std::process::ExitCode;
use storefront::logins;

#[derive(Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Add somebody, and print the password made for them
    Add {
        email: String,
        /// How the back office calls them
        #[arg(long)]
        name: String,
        /// What they may do: owner, manager, fulfilment, marketer, agent, accountant, or the name of a role of the shop's own
        #[arg(long, default_value = "owner")]
        role: String,
        /// Read the password from standard input instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
    /// Show everybody
    List,
    /// Give somebody a new password, let them in again if they were shut out, and end their sessions
    Reset {
        email: String,
        /// Take their second factor off, too: for whoever lost it with the recovery codes
        #[arg(long)]
        second_factor_off: bool,
        /// Read the password from standard input instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
    /// Shut somebody out at once; `reset` lets them in again
    Deactivate { email: String },
}

pub fn run(config: &Config, arguments: Arguments) -> Result<ExitCode, Failure> {
    let db = state::database(config)?;
    db.migrate()?;
    let now = Clock::default().now();
    db.write_now(move |conn| roles::set_up(conn, now))?;
    match arguments.command {
        Command::Add { email, name, role, password_stdin } => {
            let email = address(&email)?;
            let found = db.read_now(|conn| roles::find(conn, &role));
            let role = found.map_err(|_| Failure::Failed(format!("there is no role {role}")))?.id;
            let password = Password::new(password_stdin)?;
            let hash = logins::hash_password(&password.text)?;
            let to = email.as_str().to_string();
            if db.read_now(|conn| staff::known(conn, &email))? {
                return Err(Failure::Failed(format!("{to} has an account already; `regulars staff reset` gives it a new password")));
            }
            let newcomer = Newcomer { email, name, hash, role, language: "en".into() };
            db.write_now(move |conn| staff::add(conn, &newcomer, now))?;
            password.tell(&to);
            println!("They sign in at {}/admin", config.base_url);
        }
        Command::List => {
            let all = db.read_now(roles::list)?;
            for one in db.read_now(staff::list)? {
                let role = all.iter().find(|role| Some(role.id) == one.role_id).map_or("no role", |role| &role.name);
                println!("{}\t{}\t{role}{}", one.email, one.name, if one.active { "" } else { "\t(shut out)" });
            }
        }
        Command::Reset { email, second_factor_off, password_stdin } => {
            let email = address(&email)?;
            let password = Password::new(password_stdin)?;
            let hash = logins::hash_password(&password.text)?;
            let to = email.as_str().to_string();
            db.write_now(move |conn| {
                let id = staff::by_email(conn, &email)?.id;
                if second_factor_off {
                    second_factor::remove(conn, id)?;
                }
                staff::reset(conn, id, &hash)
            })?;
            password.tell(&to);
        }
        Command::Deactivate { email } => {
            let address = address(&email)?;
            let done = db.write_now(move |conn| {
                let id = staff::by_email(conn, &address)?.id;
                staff::deactivate(conn, id)
            });
            match done {
                Err(Error::Conflict(_)) => {
                    return Err(Failure::Failed(format!("{email} is the last active owner; make somebody else one first")));
                }
                done => done?,
            }
            println!("{email} cannot sign in any more");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn address(text: &str) -> Result<Email, Failure> {
    Email::parse(text, "email").map_err(|_| Failure::Failed(format!("{text} is no mail address")))
}

/// A new password: made here, or typed by whoever runs the command.
struct Password {
    text: String,
    made: bool,
}

impl Password {
    fn new(from_stdin: bool) -> Result<Password, Failure> {
        if !from_stdin {
            return Ok(Password { text: kernel::token::random(), made: true });
        }
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(Failure::of("cannot read the password"))?;
        let text = line.trim_end_matches(['\r', '\n']).to_string();
        logins::check_password(&text).map_err(|_| Failure::Failed("a password has 8 to 200 characters".into()))?;
        Ok(Password { text, made: false })
    }

    /// Prints a password that was made here, once; it is stored as a hash only.
    fn tell(&self, email: &str) {
        match self.made {
            true => println!("The password of {email} is {}", self.text),
            false => println!("{email} has the password you gave"),
        }
    }
}
