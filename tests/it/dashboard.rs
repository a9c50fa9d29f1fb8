//! The dashboard: its files as they are served, its modules by themselves, and the page in a real browser.

mod browser;
mod pictures;
mod serving;
mod stories;

/// Every view, with what shows that it is there.
const VIEWS: [(&str, &str); 10] = [
    ("#/attention", ".question"),
    ("#/board", ".column-backlog .card"),
    ("#/unit/CHUNK", ".log-row"),
    ("#/unit/CHUNK/diff", ".hunk, .empty"),
    ("#/unit/CHUNK/documents", ".prose"),
    ("#/unit/CHUNK/history", ".facts-table tbody tr"),
    ("#/unit/CHUNK/costs", ".facts-table tbody tr"),
    ("#/whole", ".gantt svg"),
    ("#/gates", ".gates .facts-table tbody tr"),
    ("#/control", ".settings"),
];
