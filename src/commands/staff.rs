use super::Failure;
use crate::state;
use admin::staff;
use clap::{Args, Subcommand};
use crm::email::Email;
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
        /// Read the password from standard input instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
    /// Show everybody
    List,
    /// Give somebody a new password and end their sessions
    Reset {
        email: String,
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
    match arguments.command {
        Command::Add { email, name, password_stdin } => {
            let email = Email::parse(&email, "email").map_err(|_| Failure::Failed(format!("{email} is no mail address")))?;
            let password = Password::new(password_stdin)?;
            let (hash, now) = (logins::hash_password(&password.text)?, Clock::default().now());
            let to = email.as_str().to_string();
            db.write_now(move |conn| staff::add(conn, &email, &name, &hash, now))?;
            password.tell(&to);
            println!("They sign in at {}/admin", config.base_url);
        }
        Command::List => {
            for one in db.read_now(staff::list)? {
                println!("{}\t{}{}", one.email, one.name, if one.active { "" } else { "\t(shut out)" });
            }
        }
        Command::Reset { email, password_stdin } => {
            let email = Email::parse(&email, "email").map_err(|_| Failure::Failed(format!("{email} is no mail address")))?;
            let password = Password::new(password_stdin)?;
            let hash = logins::hash_password(&password.text)?;
            let to = email.as_str().to_string();
            db.write_now(move |conn| staff::reset(conn, &email, &hash))?;
            password.tell(&to);
        }
        Command::Deactivate { email } => {
            let address = Email::parse(&email, "email").map_err(|_| Failure::Failed(format!("{email} is no mail address")))?;
            db.write_now(move |conn| staff::deactivate(conn, &address))?;
            println!("{email} cannot sign in any more");
        }
    }
    Ok(ExitCode::SUCCESS)
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
