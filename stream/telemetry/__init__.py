"""What a run measured: times by stage, the report, the trace, an operator's metrics."""
