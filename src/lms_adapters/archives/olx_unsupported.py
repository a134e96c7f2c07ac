"""Blocks of Open edX that have no lesson here, and why."""

UNSUPPORTED = {
    "annotatable": "annotated texts are not supported",
    "discussion": "discussions are not supported",
    "done": "a button that marks a page as done is not needed: the progress of each lesson is kept",
    "drag-and-drop-v2": "drag and drop problems are not supported",
    "edx_sga": "staff graded assignments are not supported yet",
    "freetextresponse": "free text responses are not supported",
    "h5pxblock": "H5P activities are not supported",
    "imagemodal": "interactive pictures are not supported",
    "lti": "external tools (LTI) are not supported",
    "lti_consumer": "external tools (LTI) are not supported",
    "openassessment": "open response assessments are not supported yet",
    "poll": "polls are not supported",
    "poll_question": "polls are not supported",
    "recommender": "recommenders are not supported",
    "scorm": "SCORM packages are not supported",
    "scormxblock": "SCORM packages are not supported",
    "staffgradedxblock": "staff graded points are not supported yet",
    "survey": "surveys are not supported",
    "unit": "content that is kept outside of the archive cannot be taken",
    "word_cloud": "word clouds are not supported",
}
