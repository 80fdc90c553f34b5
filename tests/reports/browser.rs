//! A headless Chromium of the width of a phone, driven over WebDriver, where one is installed.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

/// An open page.
pub struct Browser {
    driver: Child,
    session: String,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
    _page: tempfile::TempDir,
}

impl Browser {
    /// Opens a page. `None` if there is no browser on this machine.
    pub fn open(html: &str) -> Option<Browser> {
        let driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut driver = driver.ok()?;
        let mut lines = BufReader::new(driver.stdout.take()?).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.split("successfully on port ").nth(1).map(|port| port.trim_end_matches('.').to_owned())
        })?;
        // Its log must be read, or it blocks.
        std::thread::spawn(move || lines.for_each(drop));
        let page = tempfile::tempdir().expect("a folder");
        let file = page.path().join("report.html");
        std::fs::write(&file, html).expect("written");
        let mut browser = Browser {
            driver,
            session: format!("http://127.0.0.1:{port}/session"),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
            client: reqwest::Client::builder().no_proxy().build().expect("a client"),
            _page: page,
        };
        let arguments = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=390,844"];
        let capabilities = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}}}});
        let started = browser.post("", &capabilities);
        let id = started["sessionId"].as_str()?.to_owned();
        browser.session = format!("{}/{id}", browser.session);
        // The window of a desktop does not get as narrow as a phone.
        let phone = json!({"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true});
        browser.post("/goog/cdp/execute", &json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": phone}));
        browser.post("/url", &json!({"url": format!("file://{}", file.display())}));
        Some(browser)
    }

    /// Runs a script in the page and gives what it returns.
    pub fn eval(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.runtime.block_on(async {
            let request = self.client.post(format!("{}{path}", self.session)).json(body);
            let mut answer: Value = request.send().await.expect("sent").json().await.expect("JSON");
            assert!(answer["value"]["error"].is_null(), "{answer}");
            answer["value"].take()
        })
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let closed = self.client.delete(&self.session).send();
        let _ = self.runtime.block_on(closed);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
